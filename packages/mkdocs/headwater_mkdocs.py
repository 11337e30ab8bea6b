"""An MkDocs plugin: builds the search after the pages, and puts the box where the theme's search stands."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

from mkdocs.config import base, config_options as c
from mkdocs.exceptions import PluginError
from mkdocs.plugins import BasePlugin, get_plugin_logger
from mkdocs.utils import get_relative_url

__version__ = "0.1.0"

log = get_plugin_logger("headwater")

BOX = "<headwater-search></headwater-search>"

# What themes have where their search stands, or would: it is kept (first group) or replaced. Other themes write the element themselves.
PLACES = {
    "material": re.compile(r'(<nav class="md-header__inner[^>]*>(?:(?!</nav>|<div class="md-header__source").)*)', re.DOTALL),
    "mkdocs": re.compile(
        r'(<ul class="nav navbar-nav ms-md-auto">)(?:\s*<li class="nav-item">\s*<a [^>]*data-bs-target="#mkdocs_search_modal">.*?</a>\s*</li>)?',
        re.DOTALL,
    ),
    "readthedocs": re.compile(r'(<div class="wy-side-nav-search">(?:(?!</div>\s*<div class="wy-menu).)*)', re.DOTALL),
}
# Colour, and size where a rem is not the size of text.
LOOKS = {
    "material": "--headwater-accent: var(--md-typeset-a-color); --headwater-font: var(--md-text-font-family, system-ui); --headwater-font-size: 0.8rem",
}
AROUND = {"mkdocs": '<li class="nav-item d-flex align-items-center">{}</li>'}

NO_COMMAND = (
    "{}: search is built by the headwater command. Name it with the option `command` or in HEADWATER_BIN, or have it on the PATH; "
    "`cargo xtask build origin` in a clone of Headwater's repository makes it, as target/release/headwater"
)


class HeadwaterConfig(base.Config):
    """What `headwater build` is told. Paths are relative to the folder of mkdocs.yml."""

    command = c.Optional(c.Type(str))
    state = c.Optional(c.Type(str))
    model = c.Optional(c.Type(str))
    lang = c.Optional(c.Type(str))
    include = c.ListOfItems(c.Type(str), default=[])
    exclude = c.ListOfItems(c.Type(str), default=[])
    root_selector = c.Optional(c.Type(str))
    pieces = c.Optional(c.Type(str))
    package = c.Optional(c.Type(str))


class HeadwaterPlugin(BasePlugin[HeadwaterConfig]):
    """Owns: which of MkDocs' commands runs, and whether a page had no place for the box."""

    is_served = False
    has_place = True

    def on_startup(self, *, command, dirty):
        self.is_served = command == "serve"
        if self.is_served:
            log.info("the search box is in the built site; pages that are still being written have none")

    def on_post_page(self, output, *, page, config):
        return self._with_box(output, get_relative_url(".", page.url), config)

    def on_post_template(self, output, *, template_name, config):
        if template_name != "404.html":
            return output
        # It stands in for pages at any depth.
        return self._with_box(output, urlsplit(config.site_url or "/").path, config)

    def on_post_build(self, *, config):
        if self.is_served:
            return
        if not self.has_place:
            log.warning("the theme %s has no place that is known: write %s into it, where the box shall stand", config.theme.name, BOX)
        self._build(config)

    def _with_box(self, output, root, config):
        if self.is_served or "</head>" not in output:
            return output
        script = f'<script type="module" src="{root.rstrip("/") or ("" if root else ".")}/headwater/search.js"></script>'
        output = output.replace("</head>", f"{script}</head>", 1)
        if "<headwater-search" in output:
            return output
        theme = config.theme.name
        place = PLACES[theme].search(output) if theme in PLACES else None
        if place is None:
            self.has_place = False
            return output
        box = f'<headwater-search style="{LOOKS[theme]}"></headwater-search>' if theme in LOOKS else BOX
        return output[: place.start()] + place[1] + AROUND.get(theme, "{}").format(box) + output[place.end() :]

    def _build(self, config):
        folder = Path(config.config_file_path).parent if config.config_file_path else Path.cwd()
        named = self.config.command or os.environ.get("HEADWATER_BIN") or "headwater"
        command = str(folder / named) if re.search(r"[\\/]", named) else named
        try:
            ended = subprocess.run([command, "build", config.site_dir, *self._arguments()], cwd=folder, stdin=subprocess.DEVNULL, check=False)
        except FileNotFoundError as error:
            raise PluginError(NO_COMMAND.format(f"there is no command {command}")) from error
        except OSError as error:
            raise PluginError(NO_COMMAND.format(f"{command} cannot be run ({error})")) from error
        if ended.returncode != 0:
            raise PluginError(f"`headwater build` ended with exit code {ended.returncode}; what it said stands above")

    def _arguments(self):
        for name in ("state", "model", "lang", "root_selector", "pieces", "package"):
            if self.config[name] is not None:
                yield f"--{name.replace('_', '-')}={self.config[name]}"
        for name in ("include", "exclude"):
            yield from (f"--{name}={pattern}" for pattern in self.config[name])
