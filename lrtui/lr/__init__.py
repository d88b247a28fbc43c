"""The learning rate's mathematics: pure functions of the step, nothing but the standard library, no files, no clock."""
