"""The course: exercises that a learner does in her own editor, graded at every save."""
