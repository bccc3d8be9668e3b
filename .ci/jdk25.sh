#!/usr/bin/env bash
# Prints the home of a JDK 25: JAVA_HOME if it is one, else what the usual places hold.
set -euo pipefail

is_25() {
    [ -x "$1/bin/javac" ] && "$1/bin/javac" -version 2>&1 | grep -q '^javac 25\b'
}

for home in "${JAVA_HOME:-}" /usr/lib/jvm/*25* /opt/*jdk*25* "$HOME"/.sdkman/candidates/java/25* \
    /Library/Java/JavaVirtualMachines/*25*/Contents/Home; do
    if [ -n "$home" ] && is_25 "$home"; then
        echo "$home"
        exit 0
    fi
done
if javac=$(command -v javac) && javac=$(readlink -f "$javac") && is_25 "${javac%/bin/javac}"; then
    echo "${javac%/bin/javac}"
    exit 0
fi
echo "no JDK 25 found: install one (for instance temurin-25-jdk) or set JAVA_HOME to it" >&2
exit 1
