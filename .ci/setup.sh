#!/bin/sh
# Everything `make` needs, once: Python 3.11, .venv with the pinned packages, system libraries.
# It installs system packages only as root or with a password-less sudo, and says what it does.
set -eu
cd "$(dirname "$0")/.."
VENV=.venv
STAMP=$VENV/.ready

say() { echo "setup: $*" >&2; }

# ---- nothing to do? ----
wanted=$(cat pyproject.toml constraints.txt .ci/setup.sh | cksum)
if [ -x "$VENV/bin/python" ] && [ "$(cat "$STAMP" 2>/dev/null || true)" = "$wanted" ]; then
    exit 0
fi

# ---- who may install system packages? ----
as_root() { return 1; }
if command -v apt-get >/dev/null 2>&1; then
    if [ "$(id -u)" -eq 0 ]; then
        as_root() { "$@"; }
    elif command -v sudo >/dev/null 2>&1 && sudo -n true >/dev/null 2>&1; then
        as_root() { sudo -n "$@"; }
    fi
fi

apt_install() {   # packages... ; 1 if not permitted or not possible
    as_root true || return 1
    say "installing system packages: $*"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq \
        -o Acquire::http::Timeout=20 -o Acquire::Retries=1 </dev/null >&2 || true
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "$@" </dev/null >&2
}

# ---- Python 3.11 ----
is_311() { "$1" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' >/dev/null 2>&1; }

find_python() {
    for candidate in ${PYTHON:-} python3.11 python3 python; do
        if command -v "$candidate" >/dev/null 2>&1 && is_311 "$candidate"; then
            command -v "$candidate"
            return 0
        fi
    done
    return 1
}

if ! python=$(find_python); then
    apt_install python3.11 python3.11-venv || true
    python=$(find_python) || {
        say "Python 3.11 was not found. Install it (Debian 12: apt-get install python3 python3-venv)"
        say "or name it: PYTHON=/path/to/python3.11 make run"
        exit 1
    }
fi

# ---- virtual environment ----
has_pip() { "$VENV/bin/python" -m pip --version >/dev/null 2>&1; }

if ! { [ -x "$VENV/bin/python" ] && is_311 "$VENV/bin/python" && has_pip; }; then
    if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        apt_install python3-venv || {
            say "this Python cannot make virtual environments. Install the package python3-venv"
            exit 1
        }
    fi
    say "making $VENV with $("$python" --version)"
    rm -rf "$VENV"
    "$python" -m venv "$VENV"
fi

# ---- pinned packages ----
requirements=$(mktemp)
trap 'rm -f "$requirements"' EXIT
"$VENV/bin/python" - >"$requirements" <<'PYTHON'
import tomllib
with open("pyproject.toml", "rb") as file:
    project = tomllib.load(file)["project"]
print("\n".join(project["dependencies"] + project["optional-dependencies"]["dev"]))
PYTHON
say "installing the pinned packages (the first time takes minutes: PyTorch is large)"
"$VENV/bin/python" -m pip install --quiet --no-input --disable-pip-version-check \
    -r "$requirements" -c constraints.txt </dev/null >&2 || {
    say "the packages could not be installed; the message above says why. Run make again"
    exit 1
}

# vnpy for the tests of its adapter: its event engine and plain values, which need nothing else.
# Without --no-deps it would bring a second Qt and a plotting stack.
vnpy=$("$VENV/bin/python" -c 'import tomllib
with open("pyproject.toml", "rb") as file:
    print(tomllib.load(file)["project"]["optional-dependencies"]["broker-vnpy"][0])')
"$VENV/bin/python" -m pip install --quiet --no-input --disable-pip-version-check --no-deps \
    "$vnpy" </dev/null >&2 || {
    say "$vnpy could not be installed; the message above says why. Run make again"
    exit 1
}

# ---- system libraries and a Chinese font ----
# The names are those of Debian 12; each line is "soname package".
libraries() {
    cat <<'LIST'
libGL.so.1 libgl1
libEGL.so.1 libegl1
libdbus-1.so.3 libdbus-1-3
libfontconfig.so.1 libfontconfig1
libglib-2.0.so.0 libglib2.0-0
libxkbcommon.so.0 libxkbcommon0
libgomp.so.1 libgomp1
libX11-xcb.so.1 libx11-xcb1
libxcb-cursor.so.0 libxcb-cursor0
libxcb-icccm.so.4 libxcb-icccm4
libxcb-keysyms.so.1 libxcb-keysyms1
libxcb-randr.so.0 libxcb-randr0
libxcb-shape.so.0 libxcb-shape0
libxcb-sync.so.1 libxcb-sync1
libxcb-xfixes.so.0 libxcb-xfixes0
libxcb-xkb.so.1 libxcb-xkb1
libxkbcommon-x11.so.0 libxkbcommon-x11-0
LIST
}

has_library() {
    "$VENV/bin/python" -c 'import ctypes, sys; ctypes.CDLL(sys.argv[1])' "$1" >/dev/null 2>&1
}

has_chinese_font() {
    for folder in /usr/share/fonts /usr/local/share/fonts "$HOME/.fonts" "$HOME/.local/share/fonts"
    do
        found=$(find "$folder" -iname '*cjk*' -o -iname 'wqy*' -o -iname '*sourcehan*' \
            -o -iname 'droidsansfallback*' 2>/dev/null | head -n 1)
        [ -n "$found" ] && return 0
    done
    return 1
}

if [ "$(uname -s)" = Linux ]; then
    missing=$(libraries | while read -r soname package; do
        has_library "$soname" || echo "$package"
    done)
    has_chinese_font || missing="$missing fonts-wqy-microhei"
    missing=$(echo $missing)
    if [ -n "$missing" ]; then
        # shellcheck disable=SC2086  # a list of names
        apt_install $missing || {
            say "these system packages are missing and could not be installed here: $missing"
            say "without them the window may not open, or shows boxes for Chinese text. As root:"
            say "  apt-get install --no-install-recommends $missing"
        }
    fi
fi

echo "$wanted" >"$STAMP"
say "ready"
