"""mrkdwn, Markdown and dates become nodes, and nothing that a person wrote becomes markup."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tests.page import snapshot
from tests.page.conftest import Open
from tests.page.server import FakeSlack

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def easel(browser: Browser, server: FakeSlack) -> AsyncIterator[Page]:
    """A page on which texts are drawn; nothing stays on it."""
    page = await browser.new_page()
    await page.clock.set_fixed_time(snapshot.NOW)
    await page.goto(server.url)
    await page.wait_for_selector(".message")
    yield page
    await page.close()


RENDER = """async ([text, name]) => {
    const { [name]: render } = await import(`/js/${name}.js`);
    const box = document.createElement("div");
    box.append(...render(text, "U1ADA"));
    const looks = ["class", "target", "rel", "title", "role", "aria-label", "style"];
    for (const node of box.querySelectorAll("*"))
        // By the names it has: a style that no one has looked at yet is left empty, not removed.
        for (const name of node.getAttributeNames()) if (looks.includes(name)) node.removeAttribute(name);
    return box.innerHTML.replaceAll(/<(?:div|span)>|<\\/(?:div|span)>/g, "");
}"""

MRKDWN = {
    "*bold* and _italic_, ~gone~": "<strong>bold</strong> and <em>italic</em>, <s>gone</s>",
    "*bold _and italic_*": "<strong>bold <em>and italic</em></strong>",
    "snake_case_name 2*3*4 a~b~c": "snake_case_name 2*3*4 a~b~c",
    "*not closed, * nor this": "*not closed, * nor this",
    "`*raw* &lt;b&gt;`": "<code>*raw* &lt;b&gt;</code>",
    "before\n```\n*x* &amp;\ny\n```\nafter": "before<pre>*x* &amp;\ny</pre>after",
    "an odd ``` stays": "an odd ``` stays",
    "> one\n> two\nthree": "<blockquote>one\ntwo</blockquote>three",
    "&gt; escaped quote": "<blockquote>escaped quote</blockquote>",
    "a\n>>> b\nc": "a<blockquote>b\nc</blockquote>",
    "<https://a.test/?x=1&amp;y=2|*the* guide>": '<a href="https://a.test/?x=1&amp;y=2"><strong>the</strong> guide</a>',
    "<https://a.test>": '<a href="https://a.test">https://a.test</a>',
    "see https://a.test/b.": 'see <a href="https://a.test/b">https://a.test/b</a>.',
    "<mailto:a@b.test|a@b.test>": '<a href="mailto:a@b.test">a@b.test</a>',
    "<javascript:alert(1)|click>": "click",
    "<data:text/html,x|click>": "click",
    "<@U2BEN> in <#C1SETUP> <#C1SETUP|psa>": "@Ben Okafor in #psa-setup #psa-setup",
    "<@UNOBODY>": "@UNOBODY",
    "<!here> <!channel> <!everyone>": "@here @channel @everyone",
    "<!subteam^S1|@team>": "@team",
    "&lt;!channel&gt; &lt;@U2BEN&gt;": "&lt;!channel&gt; &lt;@U2BEN&gt;",
    "&amp;lt;b&amp;gt;": "&amp;lt;b&amp;gt;",
    "<img src=x onerror=alert(1)>": "img src=x onerror=alert(1)",
    '&lt;img src=x onerror="window.hacked=1"&gt;': '&lt;img src=x onerror="window.hacked=1"&gt;',
    ":white_check_mark: :closed_lock_with_key: :no_such_thing: 10:30:45": "✅ 🔐 :no_such_thing: 10:30:45",
    "<!date^1392734382^{date_num} {time_secs}|then>": "<time>2014-02-18 2:39:42 PM</time>",
    "<!date^1392734382^{date_long} at {time}|then>": "<time>Tuesday, February 18th, 2014 at 2:39 PM</time>",
    "<!date^1392734382^{date_short}^https://a.test|then>": '<a href="https://a.test">Feb 18, 2014</a>',
    "<!date^soon^{date}|then>": "<time>then</time>",
    "<!date^1392734382^{fortnight}|then &amp; there>": "<time>then &amp; there</time>",
}

MARKDOWN = {
    "# One\n\n**two** *three* ~~four~~": "<h3>One</h3><p><strong>two</strong> <em>three</em> <s>four</s></p>",
    "- a\n- b\n  1. c\n- [x] d": "<ul><li>a</li><li>b<ol><li>c</li></ol></li><li>☑ d</li></ul>",
    "```js\nx < 1\n```": "<pre>x &lt; 1</pre>",
    "> q\n> r": "<blockquote><p>q\nr</p></blockquote>",
    "[go](https://a.test) [no](javascript:x)": '<p><a href="https://a.test">go</a> no</p>',
    "<script>alert(1)</script> snake_case_name": "<p>&lt;script&gt;alert(1)&lt;/script&gt; snake_case_name</p>",
    "---": "<hr>",
}


@pytest.mark.parametrize(("text", "expected"), MRKDWN.items())
async def test_mrkdwn_is_drawn_as_slack_draws_it(easel: Page, text: str, expected: str) -> None:
    assert await easel.evaluate(RENDER, [text, "mrkdwn"]) == expected


@pytest.mark.parametrize(("text", "expected"), MARKDOWN.items())
async def test_markdown_is_drawn_as_slack_draws_it(easel: Page, text: str, expected: str) -> None:
    assert await easel.evaluate(RENDER, [text, "markdown"]) == expected


async def test_days_close_by_have_names_that_open_a_line_with_a_capital(easel: Page) -> None:
    now, yesterday = int(snapshot.NOW.timestamp()), int(snapshot.NOW.timestamp()) - 86400
    today, before = f"<!date^{now}^{{date_short_pretty}}|x>", f"<!date^{yesterday}^{{date_pretty}}|x>"
    text = f"{today}, {today} or {before}"
    drawn = await easel.evaluate(RENDER, [text, "mrkdwn"])
    assert drawn == "<time>Today</time>, <time>today</time> or <time>yesterday</time>"


async def test_a_hostile_message_stays_text(visit: Open) -> None:
    page = await visit(f"?channel={snapshot.PRIVATE}")
    last = page.locator(".message").last
    assert await last.locator(".text").inner_text() == (
        '<img src=x onerror="window.hacked=1"> <!channel> &lt;b&gt; click me'
    )
    assert await last.locator("img, a, .mention").count() == 0
    assert await page.evaluate("window.hacked") is None


async def test_hostile_names_and_options_stay_text(visit: Open, slack: FakeSlack) -> None:
    evil = "<img src=x onerror=window.hacked=1>"
    slack.state["users"][1]["real_name"] = evil
    slack.state["channels"][0]["topic"] = evil
    field = snapshot.text_input(evil, "f", hint=snapshot.plain(evil), placeholder=snapshot.plain(evil))
    slack.state["views"] = [snapshot.view([field], title=evil, errors={"f": evil})]
    page = await visit("")
    await page.wait_for_selector(".field-error:not([hidden])")
    assert await page.locator(".author", has_text=evil).count() > 0
    assert await page.locator("img:not(.avatar)").count() == 0
    assert await page.evaluate("window.hacked") is None


async def test_the_page_talks_to_nobody_but_its_own_server(visit: Open, slack: FakeSlack) -> None:
    page = await visit("")
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    await page.reload()
    await page.get_by_role("button", name="ops-room").click()
    await page.get_by_role("img", name="The grid of rights").wait_for()
    assert len(seen) > 20
    assert [url for url in seen if not url.startswith((slack.url, "data:"))] == []
