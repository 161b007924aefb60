"""The page of an event's plan as Chromium shows and prints it."""

import pytest
from playwright.async_api import async_playwright

from halftime.event_page.page import page as written
from planner.eventfile import Ended
from tests.halftime.event_evenings import HOSTILE, changed, empty, evening, unwatched

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDTHS = (1280, 390)
READABLE = 4.5
"""Contrast of text and ground that WCAG 2.2 asks for (1.4.3, level AA)."""
CONTRAST = """() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = ([red, green, blue]) => [red, green, blue]
    .map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
  const ground = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const colour = parts(getComputedStyle(each).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const faint = new Set();
  for (const element of document.querySelectorAll("body :not(svg *, script, svg)")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own) continue;
    const [one, other] = [parts(getComputedStyle(element).color), ground(element)].map(light).sort((a, b) => b - a);
    const ratio = (one + 0.05) / (other + 0.05);
    if (ratio < READABLE) faint.add(`${element.tagName}.${element.className} ${ratio.toFixed(2)}`);
  }
  return [...faint];
}""".replace("READABLE", str(READABLE))


def pages():
    plan, spots = evening()
    return {
        "large": written(plan, spots=spots),
        "late": written(evening(2, over=12, ended=Ended.INTERRUPTED)[0]),
        "changed": written(changed(plan), compared=plan),
        "hostile": written(evening(3, 9, 12, names=HOSTILE)[0]),
        "empty": written(empty()),
        "unwatched": written(unwatched()),
    }


@pytest.fixture
async def browser(chromium):
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=chromium, headless=True, args=FLAGS)
        yield started
        await started.close()


@pytest.fixture
def files(tmp_path):
    """Address of each page."""
    made = {}
    for title, source in pages().items():
        file = tmp_path / f"{title}.html"
        file.write_text(source, encoding="utf-8")
        made[title] = file.as_uri()
    return made


def watched(tab, address):
    """What the tab says, and what it asks for beside the page itself."""
    said, asked = [], []
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.on("dialog", lambda dialog: said.append(dialog.message))
    tab.on("request", lambda request: asked.append(request.url))
    return said, asked, lambda: [url for url in asked if url.split("#")[0] not in {address, "data:,"}]


@pytest.mark.alone
async def test_pages_fit_and_are_silent(browser, files, root):
    shots = root / "build" / "screenshots"
    shots.mkdir(parents=True, exist_ok=True)
    for title, address in files.items():
        for width in WIDTHS:
            tab = await browser.new_page(viewport={"width": width, "height": 900})
            said, asked, others = watched(tab, address)
            await tab.goto(address)
            await tab.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
            assert await tab.evaluate("document.documentElement.scrollWidth") <= width, title
            assert await tab.evaluate("document.querySelectorAll('bdi *, td img, td b').length") == 0
            assert said == [], title
            assert asked
            assert others() == [], title
            if title in {"large", "late"}:
                await tab.screenshot(path=shots / f"event-{title}-{width}.png", full_page=True)
            await tab.close()


@pytest.mark.alone
async def test_everything_is_readable_in_light_and_dark(browser, files):
    for title in ("large", "late", "changed"):
        for scheme in ("light", "dark"):
            tab = await browser.new_page(color_scheme=scheme)
            await tab.goto(files[title])
            assert await tab.evaluate(CONTRAST) == [], (title, scheme)
            await tab.close()


@pytest.mark.alone
async def test_tables_sort_and_narrow(browser, files):
    tab = await browser.new_page()
    await tab.goto(files["large"])
    head = tab.locator("table.campaigns th[scope=col]", has_text="Expected")
    figures = tab.locator("table.campaigns tbody tr td:nth-child(5)")
    for order, reverse in (("descending", True), ("ascending", False)):
        await head.locator("button").click()
        assert await head.get_attribute("aria-sort") == order
        shown = [int(words.replace(",", "")) for words in await figures.all_inner_texts()]
        assert shown == sorted(shown, reverse=reverse)
        assert len(set(shown)) > 50
    await tab.locator(".narrow input").fill("brewery")
    left = await tab.locator("table.campaigns tbody tr:visible th").all_inner_texts()
    assert len(left) == 10
    assert all("brewery" in words for words in left)
    await tab.close()


@pytest.mark.alone
async def test_without_script_everything_is_there_and_prints(browser, files, root):
    context = await browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 900})
    tab = await context.new_page()
    await tab.goto(files["large"])
    assert await tab.locator("table.campaigns tbody tr").count() == 100
    hidden = tab.locator("table.pods").first
    assert not await hidden.is_visible()
    await tab.emulate_media(media="print")
    assert await hidden.is_visible(), "paper cannot be unfolded"
    assert not await tab.locator("nav").is_visible()
    printed = await tab.pdf(path=root / "build" / "screenshots" / "event-large.pdf", prefer_css_page_size=True)
    sheets = printed.count(b"/Type /Page\n")
    print(f"{sheets} sheets of paper")
    assert 8 <= sheets <= 30
    await context.close()
