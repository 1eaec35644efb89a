from itertools import product

import pytest

from access.model.authority import Right, may, must_be_allowed
from access.model.errors import NotPermitted
from access.model.people import Role

ALLOWED = {
    *((Role.ADMIN, right, owns) for right, owns in product(Right, (True, False))),
    (Role.AUDITOR, Right.LOOK, False),
    *((role, right, True) for role, right in product((Role.AUDITOR, Role.MEMBER), (Right.LOOK, Right.SERVE))),
}


@pytest.mark.parametrize(("role", "right", "owns"), list(product(Role, Right, (True, False))))
def test_every_role_and_right(role: Role, right: Right, owns: bool) -> None:
    allowed = (role, right, owns) in ALLOWED
    assert may(role, right, owns=owns) == allowed
    if allowed:
        must_be_allowed(role, right, owns=owns)
    else:
        with pytest.raises(NotPermitted) as error:
            must_be_allowed(role, right, owns=owns)
        assert error.value.fields == {"right": right.value, "role": role.value}


def test_nobody_owns_what_is_not_said_to_be_theirs() -> None:
    assert not may(Role.MEMBER, Right.SERVE)
    with pytest.raises(NotPermitted):
        must_be_allowed(Role.MEMBER, Right.SERVE)
