# shellcheck shell=bash
# count_surefire FILE: the reports of tests that are newer than the file, added up: passed, failed, skipped.
count_surefire() {
    find . -path ./web-ui -prune -o -path '*/target/*-reports/TEST-*.xml' -newer "$1" -print0 |
        xargs -0 -r grep -ho '<testsuite [^>]*' | awk '
            function number(name) { return match($0, " " name "=\"[0-9]+") ? substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 3) : 0 }
            { tests += number("tests"); bad += number("errors") + number("failures"); skipped += number("skipped") }
            END { print tests - bad - skipped + 0, bad + 0, skipped + 0 }'
}
