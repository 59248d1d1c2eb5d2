#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Proves that a bare machine needs nothing but python3: makes an empty Debian root with debootstrap, puts a clone of
# this repository into it and runs `python3 dev.py test` and `python3 dev.py demo --for 10` there, first as root,
# then as a plain user without sudo. Needs root (chroot, mounts) and debootstrap.
#
# The new root reaches the network the way this machine does: apt sources, name resolution, CA certificates and pip's
# settings are copied from the host, so no address stands in this file.

set -euo pipefail

usage() {
    cat <<'USAGE'
usage: packaging/fresh_root.sh [options] [SUITE]

SUITE           Debian release of the new root: bookworm (default) or trixie
--quick         set up and run `dev.py check` only (no tests, no demo)
--root-only     only the run as root
--user-only     only the run as a plain user; missing system packages are then installed by the line dev.py prints
--worktree      take the files as they lie here instead of the last commit
--pictures DIR  keep the screenshots of the demos there
--reuse DIR     use (or make) the root in DIR and keep it; by default it is temporary
USAGE
}

suite=bookworm quick=no as_root=yes as_user=yes worktree=no root="" pictures=""
while [ $# -gt 0 ]; do
    case "$1" in
        --quick) quick=yes ;;
        --root-only) as_user=no ;;
        --user-only) as_root=no ;;
        --worktree) worktree=yes ;;
        --pictures) pictures="${2:?--pictures needs a directory}"; shift ;;
        --reuse) root="${2:?--reuse needs a directory}"; shift ;;
        -h|--help) usage; exit 0 ;;
        -*) usage >&2; exit 2 ;;
        *) suite="$1" ;;
    esac
    shift
done

[ "$as_root$as_user" != nono ] || { echo "fresh_root: --root-only and --user-only exclude each other" >&2; exit 2; }
[ "$(id -u)" = 0 ] || { echo "fresh_root: needs root, because it uses chroot and mount" >&2; exit 1; }
command -v debootstrap >/dev/null || { echo "fresh_root: install debootstrap first (apt-get install debootstrap)" >&2; exit 1; }

repository="$(cd "$(dirname "$0")/.." && pwd)"
started=$SECONDS
say() { printf '\n=== [%4ds] %s\n' "$((SECONDS - started))" "$*"; }

temporary=no
if [ -z "$root" ]; then
    root="$(mktemp -d "${TMPDIR:-/tmp}/fresh-root.XXXXXX")"
    temporary=yes
fi
mkdir -p "$root"
chmod 755 "$root"  # mktemp makes it private, and a plain user must be able to enter his own /
root="$(cd "$root" && pwd)"
mounts=()

# mount --bind ours, remembered so that cleaning up can undo exactly what was done.
bind() { # SOURCE TARGET [ro]
    mkdir -p "$2"
    mount --bind "$1" "$2"
    mounts+=("$2")
    [ "${3:-}" != ro ] || mount -o remount,bind,ro "$2"
}

clean_up() {
    local status=$? index
    # What the runs left running (a broker, a virtual screen) is known by its root directory.
    for process in /proc/[0-9]*; do
        [ "$(readlink "$process/root" 2>/dev/null)" != "$root" ] || kill -9 "${process#/proc/}" 2>/dev/null || true
    done
    for ((index = ${#mounts[@]} - 1; index >= 0; index--)); do
        umount "${mounts[index]}" 2>/dev/null || umount -l "${mounts[index]}" || true
    done
    # --one-file-system: should an unmount have failed, the host's files behind it stay untouched.
    [ "$temporary" = no ] || rm -rf --one-file-system "$root"
    if [ $status -eq 0 ]; then say "fresh root: PASSED"; else say "fresh root: FAILED (status $status)"; fi
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# Copies one file of the host to the same place in the root, following symbolic links.
copy_in() {
    [ -e "$1" ] || return 0
    mkdir -p "$root$(dirname "$1")"
    rm -f "$root$1"
    cp -L "$1" "$root$1"
}

make_root() {
    if [ -x "$root/usr/bin/python3" ]; then
        say "using the Debian root in $root"
        return
    fi
    local mirror
    mirror="$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -n 1)"
    [ -n "$mirror" ] || { echo "fresh_root: apt on this machine names no package source" >&2; exit 1; }
    say "debootstrap $suite (python3 and CA certificates, nothing else)"
    debootstrap --variant=minbase --include=python3,ca-certificates "$suite" "$root" "$mirror" >"$root.debootstrap.log" 2>&1 \
        || { tail -n 20 "$root.debootstrap.log"; exit 1; }
    rm -f "$root.debootstrap.log"
}

copy_host_settings() {
    local host_suite file
    say "copying apt sources, resolver, CA certificates and pip settings"
    host_suite="$(. /etc/os-release && echo "${VERSION_CODENAME:-}")"
    rm -rf "$root/etc/apt/sources.list" "$root/etc/apt/sources.list.d"
    mkdir -p "$root/etc/apt/sources.list.d" "$root/etc/apt/apt.conf.d"
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
        # Only Debian's own archive: other vendors' lists need keys and belong to the host alone.
        if [ -e "$file" ] && grep -q "debian" "$file" && grep -qw "$host_suite" "$file"; then
            sed "s/\\b$host_suite\\b/$suite/g" "$file" >"$root$file"
        fi
    done
    # How the host reaches its sources (proxy, dates, times to wait) - not its habits of cleaning up.
    for file in $(grep -lsE '^ *Acquire' /etc/apt/apt.conf /etc/apt/apt.conf.d/*); do copy_in "$file"; done
    for file in /etc/resolv.conf /etc/hosts /etc/ssl/certs/ca-certificates.crt; do copy_in "$file"; done
    for file in /etc/pip.conf "$HOME/.config/pip/pip.conf" "$HOME/.pip/pip.conf" "${PIP_CONFIG_FILE:-}"; do
        [ -n "$file" ] || continue
        copy_in "$file"
    done
    # A personal pip.conf of the host serves both users of the new root.
    for home in /root /home/plain; do
        [ -e "$HOME/.config/pip/pip.conf" ] || continue
        mkdir -p "$root$home/.config/pip"
        cp "$HOME/.config/pip/pip.conf" "$root$home/.config/pip/pip.conf"
    done
}

# Local package folders that pip's settings name (find-links, file: indexes) appear at the same path, read-only.
bind_pip_folders() {
    local folder
    {
        python3 -m pip config list 2>/dev/null || true
        env | grep '^PIP_' || true
        cat /etc/pip.conf "$HOME/.config/pip/pip.conf" 2>/dev/null || true
    } | grep -oE "(file://)?/[^ '\"=]+" | sed 's#^file://##' | sort -u | while read -r folder; do
        [ ! -d "$folder" ] || echo "$folder"
    done >"$root/.pip-folders"
    while read -r folder; do
        # An index's pages point to files beside it (../files), so its parent folder comes along.
        [ "$(basename "$folder")" != simple ] || folder="$(dirname "$folder")"
        mountpoint -q "$root$folder" || bind "$folder" "$root$folder" ro
    done <"$root/.pip-folders"
    rm -f "$root/.pip-folders"
}

mount_kernel_file_systems() {
    mount -t proc proc "$root/proc" && mounts+=("$root/proc")
    mount -t sysfs -o ro sysfs "$root/sys" && mounts+=("$root/sys")
    # A small /dev of its own: nothing done inside can reach the host's devices.
    mount -t tmpfs -o mode=755 tmpfs "$root/dev" && mounts+=("$root/dev")
    for node in null zero full random urandom tty; do
        touch "$root/dev/$node"
        mount --bind "/dev/$node" "$root/dev/$node" && mounts+=("$root/dev/$node")
    done
    ln -s /proc/self/fd "$root/dev/fd"
    ln -s /proc/self/fd/0 "$root/dev/stdin"
    ln -s /proc/self/fd/1 "$root/dev/stdout"
    ln -s /proc/self/fd/2 "$root/dev/stderr"
    mkdir -p "$root/dev/shm" "$root/dev/pts"
    mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm" && mounts+=("$root/dev/shm")
    mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts "$root/dev/pts" && mounts+=("$root/dev/pts")
    ln -s pts/ptmx "$root/dev/ptmx"
    mount -t tmpfs -o mode=1777 tmpfs "$root/tmp" && mounts+=("$root/tmp")
}

put_clone() { # HOME_INSIDE OWNER
    local target="$root$1/mqtt-explorer-qt"
    rm -rf "$target"
    mkdir -p "$target"
    if [ "$worktree" = yes ]; then
        # -z and --null: a file name is whatever git says it is. Deleted files are left out by the test for existence.
        (cd "$repository" && git ls-files -z --cached --others --exclude-standard \
            | while IFS= read -r -d '' name; do [ ! -e "$name" ] || printf '%s\0' "$name"; done \
            | tar --null --files-from=- --create) | tar --extract --directory "$target"
    else
        rmdir "$target"
        git clone --quiet --no-hardlinks "$repository" "$target"
    fi
    chroot "$root" chown -R "$2:$2" "$1/mqtt-explorer-qt"
}

# Runs a command inside, with an environment that holds the few settings which say how to reach the package index.
inside() { # USER COMMAND...
    local user="$1" home=/root settings=() name
    shift
    [ "$user" = root ] || home="/home/$user"
    for name in $(env | grep -oE '^(PIP_[A-Z_]+|SSL_CERT_FILE|REQUESTS_CA_BUNDLE|(https?|no)_proxy|(HTTPS?|NO)_PROXY)=' | tr -d =); do
        settings+=("$name=${!name}")
    done
    chroot --userspec="$user:$user" "$root" /usr/bin/env -i \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        HOME="$home" USER="$user" LANG=C.UTF-8 "${settings[@]}" \
        /bin/sh -c "cd $home/mqtt-explorer-qt 2>/dev/null || cd /; $*"
}

# What a plain user meets on a bare machine: dev.py prints one line for the administrator and stops. Obey it.
install_what_dev_py_asks_for() {
    local output line
    if output="$(inside plain "python3 dev.py check" 2>&1)"; then
        printf '%s\n' "$output" | tail -n 5
        return
    fi
    printf '%s\n' "$output"
    line="$(printf '%s\n' "$output" | sed -n '/^ *sudo /{s/sudo //g;s/^ *//;p;q}')"
    [ -n "$line" ] || { echo "fresh_root: dev.py failed and named no packages to install" >&2; exit 1; }
    say "as the administrator: $line"
    output="$(inside root "export DEBIAN_FRONTEND=noninteractive; $line" 2>&1)" || { printf '%s\n' "$output" | tail -n 20; exit 1; }
}

run_as() { # USER
    if [ "$quick" = yes ]; then
        say "as $1: python3 dev.py check"
        inside "$1" "python3 dev.py check"
        return
    fi
    say "as $1: python3 dev.py test"
    inside "$1" "python3 dev.py test"
    say "as $1: python3 dev.py demo --for 10"
    rm -rf "$root"/tmp/mqtt-explorer-qt-window-*
    inside "$1" "python3 dev.py demo --for 10"
    local picture
    picture="$(echo "$root"/tmp/mqtt-explorer-qt-window-*/window.png)"
    [ -s "$picture" ] || { echo "fresh_root: the demo left no screenshot" >&2; exit 1; }
    if [ -n "$pictures" ]; then
        mkdir -p "$pictures"
        cp "$picture" "$pictures/$suite-$1.png"
        echo "kept as $pictures/$suite-$1.png"
    fi
}

make_root
size="$(du -sxh "$root" | cut -f1)"
chroot "$root" id plain >/dev/null 2>&1 || chroot "$root" useradd --create-home --shell /bin/sh plain
copy_host_settings
chroot "$root" chown -R plain:plain /home/plain
mount_kernel_file_systems
bind_pip_folders
say "the new root: $(. "$root/etc/os-release" && echo "$PRETTY_NAME"), $(inside root "python3 --version"), $size"

if [ "$as_root" = yes ]; then
    put_clone /root root
    run_as root
fi
if [ "$as_user" = yes ]; then
    put_clone /home/plain plain
    [ "$as_root" = yes ] || install_what_dev_py_asks_for
    run_as plain
fi
