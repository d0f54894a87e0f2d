"""Light and dark, narrow screens, and that the text can be read."""

import pytest
from playwright.async_api import Browser, Page, expect

from tests.page import snapshot
from tests.page.conftest import Open
from tests.page.server import FakeSlack

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="module")]

# WCAG's contrast of each piece of text against the first opaque background behind it; gives those below 4.5.
UNREADABLE = """() => {
    const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    const rgba = (colour) => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const over = (top, under) => top.slice(0, 3).map((part, at) => part * top[3] / 255 + under[at] * (1 - top[3] / 255));
    const light = (parts) => {
        const linear = (it) => (it <= 0.04045 ? it / 12.92 : ((it + 0.055) / 1.055) ** 2.4);
        const [r, g, b] = parts.map((part) => linear(part / 255));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (node) => {
        const layers = [];
        for (let at = node; at; at = at.parentElement) {
            const colour = rgba(getComputedStyle(at).backgroundColor);
            layers.push(colour);
            if (colour[3] === 255) break;
        }
        return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255]);
    };
    const poor = [];
    for (const node of document.querySelectorAll(".message *, .dialog *, .drawer *, .main-head *")) {
        const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
        const hidden = !node.checkVisibility({ opacityProperty: true, visibilityProperty: true });
        if (!own || hidden || node.closest(".vh, :disabled, .avatar, .emoji, .message-compact .gutter")) continue;
        const ground = behind(node);
        const [one, two] = [light(over(rgba(getComputedStyle(node).color), ground)), light(ground)].sort((a, b) => b - a);
        const contrast = (one + 0.05) / (two + 0.05);
        const words = `${node.className || node.tagName}: ${node.textContent.slice(0, 30)}`;
        if (contrast < 4.5) poor.push(`${words} ${contrast.toFixed(2)}`);
    }
    return poor;
}"""


async def background(page: Page) -> str:
    look = "node => getComputedStyle(node).backgroundColor"
    return str(await page.locator("#main").evaluate(look))


@pytest.mark.parametrize("theme", ["light", "dark"])
async def test_the_text_can_be_read(visit: Open, slack: FakeSlack, theme: str) -> None:
    form = [
        snapshot.text_input("Company ID", "c", hint=snapshot.plain("Short.")),
        snapshot.section("`code` _and_ words"),
    ]
    slack.state["views"] = [snapshot.view(form, errors={"c": "Unknown."}, error="Trouble.")]
    page = await visit(f"?theme={theme}&panel=connectwise&channel={snapshot.PRIVATE}")
    await page.locator(".crib-row").first.wait_for()
    await page.get_by_text("Unknown.").wait_for()
    assert await page.evaluate(UNREADABLE) == []
    slack.state["views"] = []
    await page.goto(f"{slack.url}/?theme={theme}")
    await page.locator(".message").first.wait_for()
    assert await page.evaluate(UNREADABLE) == []


async def test_the_address_the_system_and_the_toggle_decide_on_the_theme(
    browser: Browser, slack: FakeSlack
) -> None:
    context = await browser.new_context(color_scheme="dark")
    page = await context.new_page()
    await page.goto(slack.url)
    await page.wait_for_selector(".side-item")
    dark = await background(page)
    assert dark == "rgb(26, 29, 33)"
    await page.goto(f"{slack.url}/?theme=light")
    await page.wait_for_selector(".side-item")
    assert await background(page) == "rgb(255, 255, 255)"
    await page.get_by_role("button", name="Switch to dark theme").click()
    assert await background(page) == dark
    await page.goto(slack.url)
    await expect(page.get_by_role("button", name="Switch to light theme")).to_be_visible()
    await page.get_by_role("button", name="Switch to light theme").click()
    await page.reload()
    await page.wait_for_selector(".side-item")
    assert await background(page) == "rgb(255, 255, 255)"
    await context.close()


async def test_nothing_is_cut_off_on_a_narrow_screen(visit: Open) -> None:
    page = await visit("")
    await page.set_viewport_size({"width": 390, "height": 780})
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    wide = (
        "[...document.querySelectorAll('.message')].filter(it => it.scrollWidth > it.clientWidth + 1).length"
    )
    assert await page.evaluate(wide) == 0
    await page.get_by_role("button", name="Channels").click()
    await page.get_by_role("button", name="ops-room").click()
    await expect(page.get_by_role("button", name="ops-room")).to_be_hidden()
    await expect(page.get_by_role("heading", name="ops-room").first).to_be_visible()


async def test_a_long_unbroken_word_does_not_widen_the_page(visit: Open, slack: FakeSlack) -> None:
    word = "x" * 400
    slack.state["messages"][snapshot.SETUP] = [snapshot.message(snapshot.ADA, f"{word} `{word}`", 1)]
    slack.state["views"] = [
        snapshot.view([snapshot.section(word), snapshot.text_input(word, "w")], errors={"w": word})
    ]
    page = await visit("")
    await page.get_by_role("dialog").wait_for()
    boxes = "[...document.querySelectorAll('.dialog, .message')].every(it => it.scrollWidth <= it.clientWidth + 1)"
    assert await page.evaluate(boxes)


async def test_a_machine_without_a_font_for_emoji_draws_them(browser: Browser, slack: FakeSlack) -> None:
    page = await browser.new_page()
    await page.add_init_script("CanvasRenderingContext2D.prototype.fillText = () => {}")
    await page.goto(f"{slack.url}/?theme=light")
    drawn = page.get_by_role("img", name="white check mark").first
    await expect(drawn).to_be_visible()
    assert "data:image/svg" in await drawn.evaluate("node => getComputedStyle(node).backgroundImage")
    assert await drawn.inner_text() == "✅"
    await page.close()
