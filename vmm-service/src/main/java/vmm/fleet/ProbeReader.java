package vmm.fleet;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The meaning of a cloud's probes in a fleet file's tree. */
final class ProbeReader {

    private static final Set<String> PROBE =
            Set.of("name", "tcp", "http", "proxy", "expectStatus", "timeout", "every");

    /** A host and a port; an IPv6 address in brackets. */
    private static final Pattern ENDPOINT =
            Pattern.compile(
                    "(\\[[0-9A-Fa-f:.]{2,45}]|[A-Za-z0-9][A-Za-z0-9._-]{0,252}):(\\d{1,5})");

    private static final Duration LONGEST_LOOK = Duration.ofSeconds(30);
    private static final Duration LONGEST_PAUSE = Duration.ofDays(1);

    /** Probes are looked at by a loop that comes by as often as that. */
    private static final Duration SHORTEST_PAUSE = Duration.ofSeconds(5);

    private ProbeReader() {}

    static List<ProbeEntry> read(Fields cloud) {
        var probes = new ArrayList<ProbeEntry>();
        var names = new HashSet<String>();
        for (var probe : cloud.entries("probes", "probe", PROBE)) {
            probe.require("name");
            var name = probe.name("name");
            if (name.isPresent() && !names.add(name.get()))
                probe.problem(
                        "name",
                        "this cloud has a probe "
                                + probe.written("name")
                                + " already: give it another name");
            var every = probe.duration("every", LONGEST_PAUSE).orElse(ProbeEntry.EVERY);
            if (every.compareTo(SHORTEST_PAUSE) < 0)
                probe.problem("every", "every is shorter than " + SHORTEST_PAUSE);
            var timeout = probe.duration("timeout", LONGEST_LOOK).orElse(ProbeEntry.TIMEOUT);
            target(probe)
                    .ifPresent(
                            target ->
                                    probes.add(
                                            new ProbeEntry(
                                                    name.orElse(""), target, timeout, every)));
        }
        return probes;
    }

    private static Optional<ProbeEntry.Target> target(Fields probe) {
        if (probe.has("tcp") == probe.has("http")) {
            probe.problem("name", "probe needs either 'tcp' or 'http'");
            return Optional.empty();
        }
        var status = probe.whole("expectStatus", 100, 599);
        if (probe.has("http")) return http(probe, status);
        for (var key : List.of("expectStatus", "proxy")) {
            if (probe.has(key)) probe.problem(key, key + " is for 'http' only: leave it out");
        }
        return tcp(probe, "tcp").map(tcp -> tcp);
    }

    private static Optional<ProbeEntry.Target> http(Fields probe, Optional<Integer> status) {
        var address = probe.text("http", FleetReader.LONGEST_URL);
        if (address.isEmpty()) return Optional.empty();
        if (!FleetReader.isWeb(address.get()) || URI.create(address.get()).getHost() == null) {
            probe.problem(
                    "http",
                    "http is no address: write http:// or https://, a host and a path, and no user"
                            + " or password");
            return Optional.empty();
        }
        var proxy = tcp(probe, "proxy");
        return Optional.of(new ProbeEntry.Http(URI.create(address.get()), status, proxy));
    }

    private static Optional<ProbeEntry.Tcp> tcp(Fields probe, String key) {
        var endpoint = probe.text(key, FleetReader.LONGEST_URL);
        if (endpoint.isEmpty()) return Optional.empty();
        var parts = ENDPOINT.matcher(endpoint.get());
        int port = parts.matches() ? port(parts) : 0;
        if (port < 1 || port > 65_535) {
            probe.problem(
                    key,
                    key
                            + " is no host and port: write them with a colon between, such as"
                            + " \"10.1.0.1:443\"");
            return Optional.empty();
        }
        return Optional.of(new ProbeEntry.Tcp(host(parts), port));
    }

    private static int port(Matcher parts) {
        return Integer.parseInt(parts.group(2));
    }

    private static String host(Matcher parts) {
        return parts.group(1).replaceAll("[\\[\\]]", "");
    }
}
