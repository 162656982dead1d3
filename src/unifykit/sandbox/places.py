"""Where a counterpart answers and what its credentials are made with, to be the same when it is started again."""

from dataclasses import dataclass, field


@dataclass
class Place:
    """A counterpart's ports and secret; empty for one that has not been started yet, which fills it in.

    Attributes:
        ports: The ports that it opens, in order. One that another program has taken is replaced by a free one.
        secret: What its keys are signed with.
    """

    ports: list[int] = field(default_factory=list[int])
    secret: str = ""

    def port(self, number: int) -> int:
        """The port to try for the nth door; 0 for any."""
        return self.ports[number] if number < len(self.ports) else 0

    def took(self, number: int, port: int) -> None:
        """Remember which port it became."""
        self.ports[number : number + 1] = [port]
