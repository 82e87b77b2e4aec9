"""The timetable: problems of jobs in windows, their answers, and why."""
