#!/usr/bin/env bash
# Formats all Java of the project (google-java-format, AOSP style); with --check names the files that differ and fails.
set -euo pipefail
cd "$(dirname "$0")/.."

version=1.36.1
formatter=target/tools/google-java-format-$version-all-deps.jar
java=$(.ci/jdk25.sh)/bin/java

if [ ! -f "$formatter" ]; then
    mvn -q -ntp -B -N org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy \
        -Dartifact=com.google.googlejavaformat:google-java-format:$version:jar:all-deps -DoutputDirectory="$PWD/target/tools"
fi

sources=$(mktemp)
trap 'rm -f "$sources"' EXIT
find cloud-adapters vmm-service -path '*/target' -prune -o -name '*.java' -path '*/src/*' -print >"$sources"

if [ "${1:-}" = --check ]; then
    if ! "$java" -jar "$formatter" --aosp --dry-run --set-exit-if-changed @"$sources"; then
        echo "the files above are not formatted: run 'make format'" >&2
        exit 1
    fi
else
    # Twice: where it breaks a long text, its own second look indents the rest.
    "$java" -jar "$formatter" --aosp --replace @"$sources"
    "$java" -jar "$formatter" --aosp --replace @"$sources"
fi
