#!/usr/bin/env bash
# Playbooks, hosts and images for real: on stubs, on the real OpenStack of the tests, on booted hosts.
#   provisioning.sh           all areas, within 25 minutes; AREAS=hosts,aws only these
#   provisioning.sh --smoke   lint, structure, and one host that is booted and configured; within 8 minutes from nothing
# Three areas run at a time, as each waits now and then. Logs of the areas stay in data/test-provisioning.
set -euo pipefail
cd "$(dirname "$0")/.."
mode=${1:---full}
testbed=$PWD/cloud-adapters/cloud-jclouds/testbed
logs=$PWD/data/test-provisioning
home=${VMM_LAB_HOME:-/var/tmp/vmm-lab}
packages=(
    make git curl ca-certificates python3 python3-pytest python3-yaml openssh-client                # the tests themselves
    mmdebstrap systemd-container iproute2 nftables socat apt-cacher-ng util-linux                   # the controller and the lab
    yamllint shellcheck packer qemu-system-x86 qemu-utils genisoimage                               # static, images
    python3-cryptography python3-openstacksdk openssl openvpn xrootd-client                         # what tests speak with hosts by
    xvfb xprintidle xdotool                                                                         # a desktop and its person
)
smoke_packages=(make git python3-pytest python3-yaml openssh-client mmdebstrap systemd-container iproute2 nftables socat apt-cacher-ng shellcheck packer)

# area: seconds after which it is taken for hung; who runs it: the machine (root's own tools) or the controller's tree.
declare -A limit=([static]=420 [onboard]=600 [awx]=240 [aws]=900 [azure]=720 [openstack]=1200 [hosts]=1440 [images]=1200 [guest]=900 [smoke]=240)
declare -A runs_in=([aws]=controller [azure]=controller)
# What is run, in this order, whatever takes longest first; guest boots what images has baked.
queue=(hosts openstack "images guest" aws azure onboard static awx)
deadline=$((SECONDS + 1485))
[ -z "${IMAGES_QEMU:-}" ] || limit[images]=3600 deadline=$((SECONDS + 4200))

case $mode in
    --full) ;;
    --smoke)
        queue=(static smoke) packages=("${smoke_packages[@]}") deadline=$((SECONDS + 450))
        ;;
    *)
        sed -n '2,/^set /{s/^# \{0,1\}//p}' "$0" >&2
        exit 2
        ;;
esac

if [ "$(id -u)" -ne 0 ] || ! grep -q '^VERSION_CODENAME=bookworm' /etc/os-release; then
    echo "provisioning: left out: it needs root on Debian 12 (hosts are containers in namespaces, the controller is a tree of Debian)"
    [ "$mode" = --smoke ]
    exit
fi

rm -rf "$logs"
mkdir -p "$logs" "$home"
# Images are baked once for all areas of a run.
export IMAGES_FOLDER=$home/images-$$
trap 'rm -rf --one-file-system "$IMAGES_FOLDER"' EXIT
# Tests must not meet the sites and clouds of whoever runs them.
for variable in ${!OS_@} ${!AWS_@} ${!AZURE_@} ${!ANSIBLE_@} VMM_SITE_SECRETS; do unset "$variable"; done

wanted() { [ -z "${AREAS:-}" ] || [[ ",$AREAS," == *",$1,"* ]]; }
for area in $(tr ',' ' ' <<<"${AREAS:-}"); do
    [[ " ${!limit[*]} " == *" $area "* ]] || { echo "provisioning: there is no area '$area': ${queue[*]}" >&2; exit 2; }
done

note() { printf '%3d s  %s\n' "$SECONDS" "$*"; }

# prepare NAME COMMAND…: what all areas need; nothing goes on without it.
prepare() {
    local name=$1 began=$SECONDS
    shift
    if ! "$@" >"$logs/$name.log" 2>&1; then
        tail -n 5 "$logs/$name.log"
        echo "FAILED: $name"
        echo "provisioning: 0 passed, 1 failed, 0 skipped in $((SECONDS / 60)) min $((SECONDS % 60)) s"
        exit 1
    fi
    [ $((SECONDS - began)) -lt 3 ] || note "$name: $((SECONDS - began)) s"
}

install_packages() {
    local missing=() package
    for package in "${packages[@]}"; do
        dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q ' installed$' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    export DEBIAN_FRONTEND=noninteractive
    apt-get -qq update
    # Daemons that come with them are not started: the lab has its own.
    RUNLEVEL=1 apt-get -qq -y install --no-install-recommends "${missing[@]}"
}

make_trees() {
    local made=0
    provisioning/controller &
    local controller=$!
    provisioning/tests/lab/lab base || made=1
    wait "$controller" && return "$made"
}

openstack_ran=0
start_openstack() {
    openstack_ran=$("$testbed/ctl" a status 2>/dev/null | grep -c ' runs$' || true)
    [ "$openstack_ran" -gt 0 ] || "$testbed/up" a b
}
stop_openstack() { [ "$openstack_ran" -gt 0 ] || "$testbed/down" || true; }

# area NAME: runs its tests; its report and log are what the summary is made of.
area() {
    local name=$1 status=0 began=$SECONDS left=$((deadline - SECONDS)) seconds=${limit[$1]}
    if [ "$left" -lt 30 ]; then
        echo "no time left; AREAS=$name runs it alone" >"$logs/$name.left"
        return
    fi
    [ "$left" -gt "$seconds" ] || seconds=$left
    local pytest=(/usr/bin/python3 -m pytest)
    [ "${runs_in[$name]:-}" != controller ] || pytest=("$PWD/provisioning/controller" python3 -m pytest)
    {
        if [ "$name" = openstack ] && ! start_openstack; then
            echo "the OpenStack of the tests did not start"
            status=1
        else
            timeout --kill-after=30 "$seconds" "${pytest[@]}" -p no:cacheprovider -rs --durations=5 \
                --junitxml="$logs/$name.xml" "provisioning/tests/$name" || status=$?
        fi
        [ "$name" != openstack ] || stop_openstack
    } </dev/null >"$logs/$name.log" 2>&1
    case $status in
        0) ;;
        124 | 137)
            if [ "$seconds" -lt "${limit[$name]}" ]; then
                echo "no time left after $seconds s; AREAS=$name runs it alone" >"$logs/$name.left"
            else
                echo "took longer than $seconds s and was stopped" >"$logs/$name.failed"
            fi
            ;;
        *) tail -n 1 "$logs/$name.log" >"$logs/$name.failed" ;;
    esac
    note "$name: $(tail -n 1 "$logs/$name.log" | tr -d '=' | xargs)$([ ! -e "$logs/$name.failed" ] || echo "; FAILED") ($((SECONDS - began)) s)"
}

# lane AREA…: one after the other, those that are wanted.
lane() {
    local name
    for name in "$@"; do
        if wanted "$name"; then area "$name"; fi
    done
}

# count NAME…: the reports added up: passed, failed, skipped.
count() {
    cat /dev/null "$@" | grep -o '<testsuite [^>]*' | awk '
        function number(name) { return match($0, " " name "=\"[0-9]+") ? substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 3) : 0 }
        { tests += number("tests"); bad += number("errors") + number("failures"); skipped += number("skipped") }
        END { print tests - bad - skipped + 0, bad + 0, skipped + 0 }'
}

summary() {
    local ok bad left file name left_out=0
    shopt -s nullglob
    printf '\n== summary\n'
    read -r ok bad left < <(count "$logs"/*.xml)
    for file in "$logs"/*.failed; do
        name=$(basename "$file" .failed)
        echo "FAILED: $name: $(cat "$file") (data/test-provisioning/$name.log)"
        sed -n 's/^\(FAILED\|ERROR\) /  /p' "$logs/$name.log" | cut -c1-200
        [ -s "$logs/$name.xml" ] || bad=$((bad + 1))
    done
    for file in "$logs"/*.left; do
        echo "left out: $(basename "$file" .left): $(cat "$file")"
        left_out=$((left_out + 1))
    done
    sed -n 's/^SKIPPED \[[0-9]*\] [^ ]* /left out: /p' "$logs"/*.log /dev/null | sort | uniq -c | sed 's/^ *1 //; s/^ *\([0-9]*\) left out:/left out, \1 times:/'
    echo "provisioning: $ok passed, $bad failed, $((left + left_out)) skipped in $((SECONDS / 60)) min $((SECONDS % 60)) s"
    [ "$bad" -eq 0 ] && [ -z "$(echo "$logs"/*.failed)" ]
}

prepare packages install_packages
prepare trees make_trees
[ "$mode" = --smoke ] || ! wanted guest || prepare jar make -s jar
for areas in "${queue[@]}"; do
    while [ "$(jobs -rp | wc -l)" -ge 3 ]; do wait -n || true; done
    # shellcheck disable=SC2086 # names of areas
    lane $areas &
done
wait
[ "$mode" = --full ] || for name in onboard awx aws azure openstack hosts images guest; do echo "not part of the smoke; make test-provisioning" >"$logs/$name.left"; done
summary
