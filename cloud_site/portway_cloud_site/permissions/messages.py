"""Access as it is asked for and told."""

from pydantic import ConfigDict, Field

from portway_cloud_site.content.messages import IdText
from portway_cloud_site.messages import Message
from portway_cloud_site.permissions.rules import Decision, Step

_TEXTS = {
    "product_access": "has access to the product",
    "space_permission": "may view the space",
    "view_restriction": "is among those who may view “{title}”",
    "space_edit": "may write in the space",
    "edit_restriction": "is among those who may edit “{title}”",
}


class AccessQuery(Message):
    """Whose access to what."""

    model_config = ConfigDict(extra="forbid")

    account: str = Field(min_length=1, max_length=128)
    content: IdText


class AccessStep(Message):
    """One rule that was asked."""

    rule: str
    passed: bool
    content_id: str | None
    through: str | None
    message: str


class Access(Message):
    """What an account may do with a page or blog post, and every rule that was asked."""

    account: str
    content: str
    view: bool
    edit: bool
    steps: list[AccessStep]


def as_access(account: str, content: str, decision: Decision) -> Access:
    """Return a decision as it is told."""
    steps = [_as_step(step) for step in decision.steps]
    return Access(
        account=account, content=content, view=decision.view, edit=decision.edit, steps=steps
    )


def _as_step(step: Step) -> AccessStep:
    text = _TEXTS[step.rule].format(title=step.at.title if step.at else "")
    message = f"Yes: {text}" if step.passed else f"No: nothing says who {text}"
    if step.passed and step.through:
        message += f", through {step.through}"
    elif not step.passed and step.at is not None and step.at.subjects is None:
        message = f"No: “{step.at.title}” is closed until its restriction is here"
    elif not step.passed:
        message = f"No: not one who {text}"
    return AccessStep(
        rule=step.rule,
        passed=step.passed,
        content_id=None if step.at is None else str(step.at.content_id),
        through=step.through,
        message=f"{message}.",
    )


class Principal(Message):
    """Who holds a permission."""

    type: str
    id: str


class Operation(Message):
    """What may be done, and with what."""

    key: str
    target_type: str


class SpacePermission(Message):
    """A permission in a space."""

    id: str
    principal: Principal
    operation: Operation
