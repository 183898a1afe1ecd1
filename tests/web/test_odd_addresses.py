"""Whatever stands in an address, a page answers in words and never with a server error."""

import pytest

from app.api.sessions import COOKIE
from tests import given
from tests.browsing import SignedIn
from tests.web.filling import filled

FAR = "9999-12-31"
NUMBER = "9" * 30
ODD = (
    f"/reports?at={FAR}",
    f"/reports.xlsx?at={FAR}",
    "/reports/monthly?period=9999-12",
    "/reports/monthly.xlsx?period=9999-12",
    f"/reports/units?figure=filed&from=2026-11-01&to={FAR}",
    f"/reports/units.xlsx?figure=filed&from=2026-11-01&to={FAR}",
    f"/lists/trial.xlsx?version=1&until={FAR}",
    f"/units?updated_since={FAR}T23:59:59Z",
    "/units?cursor=nonsense",
    "/units?limit=-1",
    "/units/%00",
    "/units?number=%00",
    "/screen/%00",
    "/centre/nobody",
    f"/units/{{unit}}/body?since={NUMBER}",
    f"/units/{{unit}}/log?before={NUMBER}",
    f"/v1/statistics?from=2026-11-01&to={FAR}",
    "/v1/statistics?period=9999-12",
    "/v1/statistics/monthly?period=9999-12",
    f"/v1/statistics/units?figure=filed&from=2026-11-01&to={FAR}",
)


async def test_no_address_is_a_server_error(city: given.City, signed_in: SignedIn):
    there = await filled(city)
    headers = signed_in(there.administrator)
    found = {}
    for address in ODD:
        answer = await city.client.get(address.format(unit=there.late), headers=headers)
        found[address] = answer.status_code
        is_page = not address.startswith("/v1")
        if is_page and answer.headers["content-type"].startswith("text/html"):
            assert "<h1" in answer.text, address
    assert {address: status for address, status in found.items() if status >= 500} == {}
    assert all(status >= 400 for address, status in found.items() if FAR in address), found


@pytest.mark.parametrize("origin", ["http://[", "null", "", "http://yiguan.cn", "yiguan"])
async def test_a_strange_origin_is_not_ours(city: given.City, signed_in: SignedIn, origin: str):
    there = await filled(city)
    session = signed_in(there.street)
    assert COOKIE in session["Cookie"]
    headers = {**session, "Origin": origin}
    for address in ("/sign-out", "/sign-in", "/v1/events"):
        answer = await city.client.post(address, headers=headers, content=b"{}")
        assert answer.status_code == 403, address
