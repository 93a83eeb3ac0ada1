"""Signing in and out: two small pages of our own that need neither Streamlit nor JavaScript."""

from __future__ import annotations

import base64
import hashlib
import html
import math
from urllib.parse import parse_qs, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from workbench.server.access import Access, access_of, read_cookies
from workbench.server.scopes import EVERYTHING, READING, of_review
from workbench.server.sessions import COOKIE, WEEK_S, cookie_name, values
from workbench.settings import AccessSettings

SIGN_IN, SIGN_OUT = "/sign-in", "/sign-out"
INVITED_S = 30 * 24 * 3600
CHALLENGE = {"WWW-Authenticate": 'Bearer realm="workbench"'}

_STYLE = """
:root { color-scheme: light dark; --page: light-dark(#fbfbfa, #141414); --text: light-dark(#1c1c1b, #e9e8e6);
  --quiet: light-dark(#565653, #b3b2ae); --edge: light-dark(#8a8a85, #7a7a76);
  --accent: light-dark(#0b6b75, #3fb0b8); --on-accent: light-dark(#ffffff, #06282b);
  --wrong: light-dark(#a61b1b, #ff9d94); }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem;
  background: var(--page); color: var(--text); line-height: 1.5;
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }
main { width: 100%; max-width: 24rem; }
h1 { font-size: 1.4rem; font-weight: 650; margin: 0 0 .5rem; }
p { margin: 0 0 1.25rem; color: var(--quiet); }
.wrong { color: var(--wrong); }
label { display: block; font-weight: 600; margin-bottom: .35rem; }
input, button { width: 100%; font: inherit; padding: .6rem .75rem; border-radius: 6px; }
input { border: 1px solid var(--edge); background: var(--page); color: var(--text); margin-bottom: 1rem; }
button { border: 0; background: var(--accent); color: var(--on-accent); font-weight: 600; cursor: pointer; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
}
_ASKED = "This workbench asks for its access token: the WORKBENCH_TOKEN that was set where it runs."


def invitation(settings: AccessSettings, review: str) -> str:
    """Path and query that open that review, and nothing else; without a token, its page."""
    sessions = access_of(settings).sessions
    value = sessions.issue(of_review(review), INVITED_S) if sessions else ""
    return f"{SIGN_IN}?{urlencode({'review': value})}" if value else f"/review?{urlencode({'id': review})}"


async def answer(request: Request, access: Access) -> Response:
    """What ``/sign-in`` and ``/sign-out`` answer."""
    is_in = request.url.path == SIGN_IN
    if request.method in READING and is_in and (value := request.query_params.get("review")):
        return _invited(request, access, value)
    if request.method in READING:
        return sign_in_page(request.query_params.get("next", "/"), 200) if is_in else _sign_out_page()
    if request.method != "POST":
        return Response(status_code=405, headers={"Allow": "GET, HEAD, POST"})
    return await _sign_in(request, access) if is_in else _sign_out(request, access)


def sign_in_page(
    target: str, status: int = 401, *, wrong: str = "", headers: dict[str, str] | None = None
) -> Response:
    """The form. ``target`` is where to go on afterwards; ``wrong`` what was wrong with the last try."""
    told = f'<p class="wrong" id="told" role="alert">{html.escape(wrong)}</p>' if wrong else ""
    described = ' aria-describedby="told" aria-invalid="true"' if wrong else ""
    form = f"""{told}<form method="post" action="{SIGN_IN}">
<input type="hidden" name="next" value="{html.escape(_own(target))}">
<label for="token">Access token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus{described}>
<button>Sign in</button></form>"""
    challenge = CHALLENGE if status == 401 else {}
    return _page("Sign in", _ASKED, form, status, {**challenge, **(headers or {})})


def too_often(wait_s: float, what: str = "tries") -> tuple[str, dict[str, str]]:
    """The sentence and the header of a 429."""
    seconds = max(1, math.ceil(wait_s))
    return f"Too many {what}: wait {seconds} s and try again.", {"Retry-After": str(seconds)}


async def _sign_in(request: Request, access: Access) -> Response:
    if access.sessions is None:  # nothing to sign in to
        return RedirectResponse("/", 303)
    form = await _form(request)
    target = _own(form.get("next", "/"))
    if wait_s := access.failures.wait_s(request.scope):
        sentence, headers = too_often(wait_s)
        return sign_in_page(target, 429, wrong=sentence, headers=headers)
    if not access.is_token(form.get("token", "").strip()):
        access.failures.add(request.scope)
        return sign_in_page(target, wrong="That is not the token of this workbench.")
    response = RedirectResponse(target, 303, headers={"Cache-Control": "no-store"})
    response.set_cookie(
        cookie_name(EVERYTHING),
        access.sessions.issue(EVERYTHING),
        max_age=WEEK_S,
        httponly=True,
        # Not Strict: a link to a run in a message would then ask to sign in each time. What Lax sends along
        # is the opening of a page, which changes nothing; everything else has to come from our own pages.
        samesite="lax",
        secure=is_https(request),
    )
    return response


def _invited(request: Request, access: Access, value: str) -> Response:
    """The link of a review becomes its cookie; what is signed is not left in the address."""
    session = access.sessions.read(value) if access.sessions else None
    if session is None or session.scope.everything:
        return sign_in_page("/", wrong="This link has run out, or was cut. Ask for another one.")
    (review,) = session.scope.reviews
    response = RedirectResponse(
        f"/review?{urlencode({'id': review})}", 303, headers={"Cache-Control": "no-store"}
    )
    response.set_cookie(
        cookie_name(session.scope),
        value,
        max_age=INVITED_S,
        httponly=True,
        samesite="lax",
        secure=is_https(request),
    )
    return response


def is_https(request: Request) -> bool:
    """Whether the browser speaks https, also where a proxy undoes it: the browser's own word for its page."""
    return request.url.scheme == "https" or request.headers.get("origin", "").startswith("https://")


def _sign_out(request: Request, access: Access) -> Response:
    cookies = read_cookies(request.headers.get("cookie", ""))
    headers = {"Cache-Control": "no-store", "Clear-Site-Data": '"cache"'}  # clips were kept for a year
    response = RedirectResponse(SIGN_IN, 303, headers=headers)
    for value in values(cookies) if access.sessions else []:
        access.sessions.end(value)  # type: ignore[union-attr] # asked in the line above
    for name in cookies:
        if name.startswith(COOKIE):
            response.delete_cookie(name, httponly=True, samesite="lax", secure=is_https(request))
    return response


def _sign_out_page() -> Response:
    form = f'<form method="post" action="{SIGN_OUT}"><button>Sign out</button></form>'
    return _page("Sign out", "This browser will ask for the token again. Runs go on.", form, 200, {})


async def _form(request: Request) -> dict[str, str]:
    """The fields of a small form; empty for what is none."""
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return {}
    text = (await request.body()).decode("utf-8", "replace")
    try:
        return {name: found[0] for name, found in parse_qs(text, max_num_fields=8).items()}
    except ValueError:
        return {}


def _own(target: str) -> str:
    """``target`` where it is a path of this workbench, else the first page."""
    is_path = target.startswith("/") and target[1:2] not in ("/", "\\")
    is_ours = is_path and target.isprintable() and not target.startswith((SIGN_IN, SIGN_OUT))
    return target if is_ours and len(target) < 2_000 else "/"


def _page(title: str, said: str, form: str, status: int, headers: dict[str, str]) -> Response:
    body = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex"><title>{title} – Video prompt workbench</title>
<style>{_STYLE}</style></head>
<body><main><h1>{title}</h1><p>{said}</p>
{form}</main></body></html>
"""
    return Response(body, status, {**_HEADERS, **headers}, "text/html; charset=utf-8")
