def test_smoke(relying_party, account, user_agent):
    t = relying_party.sign_in(user_agent)
    print(t.body, t.claims)
    print(relying_party.userinfo(t))
    print(relying_party.refresh(t.refresh_token).body)

def test_fast(relying_party, signed_in):
    t = relying_party.sign_in(signed_in)
    print(signed_in.visited)

def test_form_post(relying_party, signed_in):
    t = relying_party.sign_in(signed_in, response_mode="form_post")
    assert signed_in.left.mode == "form_post"

import pytest
@pytest.mark.both_databases
def test_pg(public_party, signed_in):
    t = public_party.sign_in(signed_in)
