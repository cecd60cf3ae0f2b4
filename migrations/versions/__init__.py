"""The steps, oldest first. `NNNN_words.py`; once released a step is never edited."""
