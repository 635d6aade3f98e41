"""What can be wrong with an expression: its text, or what it meets when evaluated. Knows no grammar."""


class ExpressionError(ValueError):
    """A text that is no expression: what is wrong, how to mend it, and where (characters from 0)."""

    def __init__(self, problem: str, mend: str, offset: int) -> None:
        super().__init__(f"{problem}; {mend}")
        self.problem = problem
        self.mend = mend
        self.offset = offset


class EvaluationError(ValueError):
    """An expression that has no value for the values given; the text is a sentence without a full stop."""
