# shellcheck shell=bash disable=SC2034  # others use what is set here
# What up, down and ctl share: the settings, how daemons are started and stopped, and which daemons a cloud has.

# ---- settings ----
testbed=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
home=${VMM_OS_HOME:-/var/lib/vmm-openstack}
password=${VMM_OS_PASSWORD:-vmm-secret}
default_quota=5000
known_clouds=(a b)
daemons=(keystone placement glance neutron nova-api nova-conductor nova-scheduler nova-compute-1 nova-compute-2)
pg_port=17432 bus_port=17672 bus_peer_port=17673 epmd_port=17369
pg_bin=/usr/lib/postgresql/15/bin

# Ports of a cloud: those that OpenStack has by custom, after a 1 for cloud a and a 2 for cloud b.
use_cloud() {
    case ${1:-} in
        a) prefix=1 ;;
        b) prefix=2 ;;
        *) die "no cloud '${1:-}': there are ${known_clouds[*]}" ;;
    esac
    cloud=$1 dir=$home/$1
    keystone=${prefix}5000 glance=${prefix}9292 placement=${prefix}8778 nova=${prefix}8774 neutron=${prefix}9696
    auth_url=http://127.0.0.1:$keystone/v3
}

# Debian's own Python and no proxy, whatever the caller has.
export PATH=/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin LC_ALL=C.UTF-8
unset PYTHONPATH PYTHONHOME PYTHONSTARTUP http_proxy https_proxy HTTP_PROXY HTTPS_PROXY no_proxy NO_PROXY

die() {
    echo "$(basename "$0"): $*" >&2
    exit 1
}

require_root() { [ "$(id -u)" -eq 0 ] || die "must run as root"; }

# One at a time. Daemons do not inherit the lock.
lock() {
    mkdir -p "$home"
    exec 9>"$home/lock"
    flock -w 600 9 || die "another one has run for ten minutes, see $home"
}

# ---- daemons: each has a name such as bus or a/nova-api, a session of its own, and a record of its id and start ----

# The start time of a process, by which its id is told from a later one's; nothing when it is gone.
started() {
    local stat fields
    { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 0
    read -ra fields <<<"${stat##*) }"
    [ "${fields[0]}" = Z ] || echo "${fields[19]}"
}

# Prints the process id of a daemon that runs.
pid_of() {
    local pid start
    read -r pid start 2>/dev/null <"$home/run/$1.pid" || return 1
    [ "$(started "$pid")" = "$start" ] && echo "$pid"
}

runs() { pid_of "$1" >/dev/null; }

# launch NAME COMMAND…: does nothing when it runs.
launch() {
    local record=$home/run/$1.pid log=$home/log/$1.log
    if runs "$1"; then return; fi
    shift
    mkdir -p "$(dirname "$record")" "$(dirname "$log")"
    rm -f "$record"
    # shellcheck disable=SC2016  # the child expands it
    setsid -f bash -c 'exec 9>&-; record=$1; shift; echo $$ >"$record.new"; exec "$@"' - "$record" "$@" \
        >>"$log" 2>&1 </dev/null
    local pid
    until pid=$(cat "$record.new" 2>/dev/null) && [ -n "$pid" ]; do sleep 0.02; done
    echo "$pid $(started "$pid")" >"$record"
    rm -f "$record.new"
}

# signal SIGNAL NAME: the daemon and its workers.
signal() {
    local pid
    pid=$(pid_of "$2") || return 1
    kill -s "$1" -- "-$pid"
}

# Ends daemons together, paused ones too: 15 seconds to go by themselves.
stop() {
    local name left
    for name; do
        if signal TERM "$name"; then signal CONT "$name" || true; fi
    done
    for _ in {1..150}; do
        left=()
        for name; do if runs "$name"; then left+=("$name"); fi; done
        [ ${#left[@]} -gt 0 ] || break
        sleep 0.1
    done
    for name in "${left[@]}"; do signal KILL "$name" || true; done
    for name; do rm -f "$home/run/$name.pid"; done
}

listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# await_port PORT DAEMON
await_port() {
    local end=$((SECONDS + 90))
    until listens "$1"; do
        runs "$2" || die "$2 ended: $(tail -n 1 "$home/log/$2.log")"
        [ $SECONDS -lt $end ] || die "$2 does not listen on $1, see $home/log/$2.log"
        sleep 0.1
    done
}

# ---- what a cloud runs ----

python() { /usr/bin/python3 "$@"; }

# The port of a daemon of the current cloud; nothing for one without.
port_of() {
    case $1 in
        keystone | placement | glance | neutron) echo "${!1}" ;;
        nova-api) echo "$nova" ;;
    esac
}

start_daemon() {
    local name=$cloud/$1 etc=$dir/etc
    local run=(env HOME="$dir" PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$testbed/ext/run.py")
    local uwsgi=(/usr/bin/uwsgi --plugins python3 --master --processes 1 --threads 6 --enable-threads --lazy-apps
        --need-app --buffer-size 65535 --die-on-term --no-orphans --listen 100 --disable-logging
        --add-header Connection:close --http-socket "127.0.0.1:$(port_of "$1")")
    case $1 in
        keystone)
            launch "$name" env OS_KEYSTONE_CONFIG_FILES="$etc/keystone.conf" \
                "${uwsgi[@]}" --wsgi-file /usr/bin/keystone-wsgi-public ;;
        placement)
            launch "$name" env OS_PLACEMENT_CONFIG_DIR="$etc" "${uwsgi[@]}" --wsgi-file /usr/bin/placement-api ;;
        glance) launch "$name" "${run[@]}" glance.cmd.api --config-file "$etc/glance.conf" ;;
        neutron) launch "$name" "${run[@]}" testbed.neutron --config-file "$etc/neutron.conf" ;;
        nova-api)
            launch "$name" "${run[@]}" nova.cmd.api_os_compute \
                --config-file "$etc/nova.conf" --config-file "$etc/nova-api-db.conf" ;;
        nova-conductor | nova-scheduler)
            launch "$name" "${run[@]}" "nova.cmd.${1#nova-}" \
                --config-file "$etc/nova.conf" --config-file "$etc/nova-api-db.conf" ;;
        nova-compute-?)
            launch "$name" env TESTBED_CHAOS="$dir/chaos" "${run[@]}" testbed.compute \
                --config-file "$etc/nova.conf" --config-file "$etc/$1.conf" ;;
        *) die "no daemon '$1': there are ${daemons[*]}" ;;
    esac
}

# Daemon names as ctl takes them: nova-compute is both, all is all.
daemon_names() {
    local name
    for name; do
        case " ${daemons[*]} " in
            *" $name "*) echo "$name" ;;
            *) case $name in
                nova-compute) printf 'nova-compute-%s\n' 1 2 ;;
                all) printf '%s\n' "${daemons[@]}" ;;
                *) die "no daemon '$name': there are ${daemons[*]}" ;;
            esac ;;
        esac
    done
}

seed() {
    TESTBED_PASSWORD=$password python "$testbed/seed.py" "$cloud" "$prefix" "$@"
}
