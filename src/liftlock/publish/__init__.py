"""Words, figures and documents from the record, in English and Chinese."""
