"""The loop, the survey: the only room where deciding meets doing. Redacts before it records."""
