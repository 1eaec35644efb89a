from access.model.errors import TokenExists


def test_a_refusal_prints_its_code_and_none_of_its_fields() -> None:
    refusal = TokenExists(state="active")
    assert (str(refusal), repr(refusal)) == ("token_exists", "TokenExists('token_exists')")
    assert refusal.fields == {"state": "active"}
