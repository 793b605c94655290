"""What is wrong with a ledger that does not verify."""


class LedgerFaultError(Exception):
    """A ledger, checkpoint or proof that must not be believed.

    Attributes:
        index: The entry the fault was found at, counted from 0; None when it is not about one.
    """

    def __init__(self, problem: str, *, index: int | None = None) -> None:
        super().__init__(problem if index is None else f"entry {index}: {problem}")
        self.problem = problem
        self.index = index
