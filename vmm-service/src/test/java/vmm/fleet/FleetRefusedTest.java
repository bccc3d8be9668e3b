package vmm.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGeneratorFactory;
import java.util.regex.Pattern;

/** What a wrong fleet file is told: line, what is wrong, what to do. */
class FleetRefusedTest {

    private static final Map<String, KindRules> KINDS =
            Map.of(
                    "aws",
                            new KindRules(
                                    Set.of("vpc"),
                                    Set.of("accessKeyId", "secretAccessKey"),
                                    Map.of(
                                            "spot", Pattern.compile("true|false"),
                                            "diskGb", Pattern.compile("[1-9][0-9]{0,3}"))),
                    "simulated", new KindRules(Set.of("bootTime"), Set.of()));
    private static final Map<String, String> ENVIRONMENT = Map.of("SECRET", "hunter2", "EMPTY", "");

    /** Right as it stands; each case below breaks one thing in it. */
    private static final String RIGHT =
            """
            installation: demo
            clouds:
              - {name: north, kind: simulated, options: {bootTime: PT8S}, maxVms: 400}
              - {name: ireland, kind: aws, endpoint: "https://ec2.example", credentials: {secretAccessKey: "${SECRET}"}, callTimeout: PT20S, rateLimit: 5}
            pools:
              - name: muon
                poolSize: 5
                maxSize: 30
                readyWhen: guestReport
                lease: PT12H
                maxLifetime: P14D
                placements: [{cloud: north, image: i, flavor: f, network: n, weight: 100, maxVms: 5}]
                connect: [{kind: jupyter, url: "https://{address}/"}, {kind: ssh, command: "ssh {user}@{address}"}]
            vmTypes:
              - {name: muon, title: Muon, description: Mantid, pool: muon, vcpus: 4, ramGb: 16, gpus: 0, groups: [Muon], tags: [a]}
            schedules:
              - {name: mornings, pool: muon, cron: "0 30 7 * * MON-FRI", zone: Europe/London, duration: PT3H, target: 15}
            """;

    /** What is there, what is put in its place, and what is told then. */
    private static final String CASES =
            """
            # names
            installation: demo      | installation: Demo      | 1: installation 'Demo' is no name: use a-z, 0-9 and '-', beginning with a letter or digit, at most 63 characters
            installation: demo      | installation: 12        | 1: installation must be text: put it in quotes
            installation: demo      | installation:           | 1: installation must be text
            name: north             | name: -north            | 3: name '-north' is no name: use a-z
            name: ireland           | name: north             | 4: cloud 'north' is already at line 3: give this one another name
            name: north, kind       | kind                    | 3: cloud lacks 'name': add it
            # unknown and missing fields
            installation: demo      | instalation: demo       | 1: unknown field 'instalation' of the fleet file; did you mean 'installation'?
            installation: demo      | instalation: demo       | 1: the fleet file lacks 'installation': add it
            poolSize: 5             | pool_size: 5            | 7: unknown field 'pool_size' of pool 'muon'; did you mean 'poolSize'?
            poolSize: 5             | pool_size: 5            | 6: pool 'muon' lacks 'poolSize': add it
            maxVms: 400             | spot: []                | 3: unknown field 'spot' of cloud 'north'; known: callTimeout, credentials, endpoint, kind, maxVms, name, options, prices, probes, rateLimit, region
            maxSize: 30             | poolSize: 30            | 8: field 'poolSize' is given twice: keep one
            flavor: f               | flavour: f              | 12: unknown field 'flavour' of placement; did you mean 'flavor'?
            maxSize: 30             | `maxSize: 30\n    <<: {}` | 9: merge keys (<<) are not supported: write the fields out
            maxSize: 30             | `maxSize: 30\n    [a]: 1` | 9: a field's name must be plain text
            zone: Europe/London,    | ``                      | 17: schedule 'mornings' lacks 'zone': add it
            # kinds
            kind: aws               | kind: openstack         | 4: no adapter for kind 'openstack' in this build; available: aws, simulated
            bootTime: PT8S          | boottime: PT8S          | 3: unknown field 'boottime' of options; did you mean 'bootTime'?
            bootTime: PT8S          | bootTime: [PT8S]        | 3: field 'bootTime' of options must have a single value
            options: {bootTime: PT8S} | options: fast         | 3: options must be a mapping, such as {name: value}
            secretAccessKey         | password                | 4: unknown field 'password' of credentials; known: accessKeyId, secretAccessKey
            # options of placements
            cloud: north, image: i  | cloud: north, options: {spot: "true"}, image: i | 12: unknown option 'spot': placements on this kind of cloud have none
            cloud: north, image: i  | cloud: ireland, options: {spto: "true"}, image: i | 12: unknown option 'spto'; did you mean 'spot'?
            cloud: north, image: i  | cloud: ireland, options: {zone: "1"}, image: i | 12: unknown option 'zone'; known: diskGb, spot
            cloud: north, image: i  | cloud: ireland, options: {spot: yes}, image: i | 12: option 'spot' must match true|false
            cloud: north, image: i  | cloud: ireland, options: {diskGb: "${SECRET}"}, image: i | 12: option 'diskGb' must match [1-9][0-9]{0,3}
            cloud: north, image: i  | cloud: ireland, options: [spot], image: i | 12: options must be a mapping, such as {name: value}
            cloud: north, image: i  | cloud: ireland, options: {spot: }, image: i | 12: field 'spot' of options must have a single value
            # prices
            maxVms: 400             | prices: {f: 0.2}         | 3: prices need a currency of three letters, such as {currency: GBP, m1: 0.2}
            maxVms: 400             | prices: {currency: gbp, f: 0.2} | 3: prices need a currency of three letters
            maxVms: 400             | prices: {currency: GBP, f: -0.2} | 3: the price of 'f' must be a number per hour, such as 0.2016
            maxVms: 400             | prices: {currency: GBP, f: cheap} | 3: the price of 'f' must be a number per hour
            maxVms: 400             | prices: {currency: GBP, f: 1e3} | 3: the price of 'f' must be a number per hour
            maxVms: 400             | prices: 0.2              | 3: prices must be a mapping, such as {name: value}
            # probes
            maxVms: 400             | probes: vpn             | 3: probes must be a list; write [] if there is nothing in it
            maxVms: 400             | probes: [vpn]           | 3: probe must be a mapping, such as {name: …}
            maxVms: 400             | probes: [{tcp: "a:1"}]  | 3: probe lacks 'name': add it
            maxVms: 400             | probes: [{name: VPN, tcp: "a:1"}] | 3: name 'VPN' is no name
            maxVms: 400             | probes: [{name: vpn}]   | 3: probe needs either 'tcp' or 'http'
            maxVms: 400             | probes: [{name: vpn, tcp: "a:1", http: "http://a/"}] | 3: probe needs either 'tcp' or 'http'
            maxVms: 400             | probes: [{name: vpn, tcp: "a:1", ping: a}] | 3: unknown field 'ping' of probe 'vpn'; known: every, expectStatus, http, name, proxy, tcp, timeout
            maxVms: 400             | `probes: [{name: vpn, tcp: "a:1"},\n       {name: vpn, tcp: "a:2"}]` | 4: this cloud has a probe 'vpn' already: give it another name
            maxVms: 400             | probes: [{name: vpn, tcp: 10.1.0.1}] | 3: tcp is no host and port: write them with a colon between, such as "10.1.0.1:443"
            maxVms: 400             | probes: [{name: vpn, tcp: "a:0"}] | 3: tcp is no host and port
            maxVms: 400             | probes: [{name: vpn, tcp: "a:65536"}] | 3: tcp is no host and port
            maxVms: 400             | probes: [{name: vpn, tcp: "http://a:1"}] | 3: tcp is no host and port
            maxVms: 400             | probes: [{name: vpn, tcp: "a:1", proxy: "b:2"}] | 3: proxy is for 'http' only: leave it out
            maxVms: 400             | probes: [{name: vpn, http: "http://a/", proxy: "http://b:2"}] | 3: proxy is no host and port
            maxVms: 400             | probes: [{name: vpn, tcp: "a:1", expectStatus: 200}] | 3: expectStatus is for 'http' only: leave it out
            maxVms: 400             | probes: [{name: vpn, http: "ftp://a/"}] | 3: http is no address: write http:// or https://
            maxVms: 400             | probes: [{name: vpn, http: "http://u:p@a/"}] | 3: http is no address
            maxVms: 400             | probes: [{name: vpn, http: "http://a b/"}] | 3: http is no address
            maxVms: 400             | probes: [{name: vpn, http: "http://a/", expectStatus: 99}] | 3: expectStatus is 99: give 100 to 599
            maxVms: 400             | probes: [{name: vpn, tcp: "a:1", timeout: PT31S}] | 3: timeout is longer than PT30S
            maxVms: 400             | probes: [{name: vpn, tcp: "a:1", every: PT1S}] | 3: every is shorter than PT5S
            maxVms: 400             | probes: [{name: vpn, tcp: "a:1", every: 30}] | 3: every must be text: put it in quotes
            # numbers
            poolSize: 5             | poolSize: 31            | 7: poolSize 31 is above maxSize 30: raise maxSize or lower poolSize
            poolSize: 5             | poolSize: -1            | 7: poolSize is -1: give 0 to 100000
            poolSize: 5             | poolSize: "5"           | 7: poolSize must be a whole number, such as 5
            poolSize: 5             | poolSize: 5.0           | 7: poolSize must be a whole number
            poolSize: 5             | poolSize: 0x5           | 7: poolSize must be a whole number
            poolSize: 5             | poolSize: 5:30          | 7: poolSize must be a whole number
            poolSize: 5             | poolSize: 99999999999   | 7: poolSize must be a whole number
            poolSize: 5             | poolSize:               | 7: poolSize must be a whole number
            weight: 100             | weight: -1              | 12: weight is -1: give 0 to 1000000
            maxVms: 5}              | maxVms: many}           | 12: maxVms must be a whole number
            maxVms: 400             | maxVms: -4              | 3: maxVms is -4: give 0 to 100000
            rateLimit: 5            | rateLimit: 0            | 4: rateLimit must be above 0
            rateLimit: 5            | rateLimit: -1           | 4: rateLimit must be a number above 0, such as 2.5
            rateLimit: 5            | rateLimit: .inf         | 4: rateLimit must be a number above 0, such as 2.5
            vcpus: 4                | vcpus: 0                | 15: vcpus is 0: give 1 to 100000
            ramGb: 16               | ramGb: lots             | 15: ramGb must be a number above 0
            target: 15              | target: -1              | 17: target is -1: give 0 to 100000
            # durations
            lease: PT12H            | lease: 12h              | 10: lease '12h' is no duration: write ISO 8601, such as PT30M, PT12H or P14D
            lease: PT12H            | lease: 12               | 10: lease must be text: put it in quotes
            lease: PT12H            | lease: PT0S             | 10: lease must be longer than nothing
            lease: PT12H            | lease: PT-5M            | 10: lease must be longer than nothing
            lease: PT12H            | lease: P15D             | 10: lease PT360H is longer than maxLifetime PT336H: give a shorter lease or a longer maxLifetime
            maxLifetime: P14D       | maxLifetime: P366D      | 11: maxLifetime is longer than P365D
            lease: PT12H            | `warning: PT24H`        | 10: warning PT24H is not below idleTimeout PT24H: give a shorter warning or a longer idleTimeout
            lease: PT12H            | `warning: PT2H\n    idleTimeout: PT2H` | 10: warning PT2H is not below idleTimeout PT2H
            callTimeout: PT20S      | callTimeout: PT1H       | 4: callTimeout is longer than PT30S
            duration: PT3H          | duration: P93D          | 17: duration is longer than P92D
            duration: PT3H          | duration: PT0.1S        | 17: duration PT0.1S is too short
            # references
            cloud: north            | cloud: nort             | 12: there is no cloud 'nort' in this file; did you mean 'north'?
            description: Mantid, pool: muon | pool: neutron   | 15: there is no pool 'neutron' in this file; known: muon
            mornings, pool: muon    | mornings, pool: mun     | 17: there is no pool 'mun' in this file; did you mean 'muon'?
            # schedules
            0 30 7 * * MON-FRI      | 30 7 * * 1-5            | 17: cron '30 7 * * 1-5' has 5 fields: write six fields
            zone: Europe/London     | zone: europe/london     | 17: zone 'europe/london' is unknown: write an IANA name such as Europe/London
            # shapes
            clouds:                 | `clouds: {}\nclouds2:` | 2: clouds must be a list; write [] if there is nothing in it
            cloud: north, image: i, flavor: f, network: n, weight: 100, maxVms: 5 | north | 12: placement lacks 'cloud': add it
            [Muon]                  | Muon                    | 15: groups must be a list
            [Muon]                  | [Muon, Muon]            | 15: groups holds 'Muon' twice
            [Muon]                  | [1]                     | 15: an element of groups must be text: put it in quotes
            title: Muon             | title: on               | 15: title must be text: put it in quotes
            title: Muon             | title: " "              | 15: title is empty: write something or leave the field out
            title: Muon             | title: "a\\nb"          | 15: title holds control characters or line breaks: remove them
            description: Mantid     | description: "a\\0b"    | 15: description holds control characters: remove them
            description: Mantid     | description: "\\ud800"  | 15: description holds control characters
            # ready and connect
            readyWhen: guestReport  | readyWhen: guestreport  | 9: readyWhen 'guestreport' is unknown: write guestReport, instanceActive, or portOpen: and a port
            readyWhen: guestReport  | readyWhen: portOpen:0   | 9: readyWhen 'portOpen:0' is unknown
            readyWhen: guestReport  | readyWhen: portOpen:65536 | 9: readyWhen 'portOpen:65536' is unknown
            kind: ssh               | kind: jupyter           | 13: this pool has kind 'jupyter' already: give it another name
            command: "ssh           | command: x, url: "ssh   | 13: connect needs either 'url' or 'command'
            https://{address}/      | javascript:alert(1)     | 13: url must begin with https:// (or http, ssh, vnc, rdp)
            {user}                  | {name}                  | 13: between braces only {address}, {secret} and {user} are filled in
            https://ec2.example     | ec2.example             | 4: endpoint is no address: write http:// or https://
            https://ec2.example     | https://u:hunter2@ec2   | 4: endpoint is no address
            tags: [a]               | logo: "javascript:x"    | 15: logo must be an address that begins with https:// or a path that begins with /
            # the environment
            ${SECRET}               | ${UNSET}                | 4: ${UNSET} is not set: give the environment variable UNSET before the start
            ${SECRET}               | ${EMPTY}                | 4: ${EMPTY} is not set
            ${SECRET}               | x${NO PE}               | 4: '${' begins no variable: write ${NAME}, and $${ for the characters themselves
            name: muon, title       | name: "${SECRET}!", title | 15: name '${SECRET}!' is no name
            cron: "0 30 7 * * MON-FRI" | cron: "${SECRET}"    | 17: cron is wrong
            # what is no YAML
            installation: demo      | `installation: demo\n\tx: 1` | 2: holds a tab: indent with spaces
            ${SECRET}"              | ${SECRET}               | 13: a mapping opened with '{' is not closed: add '}' or a comma (it began at line 4)
            installation: demo      | installation: *hunter2  | 1: a value begins with '*', which YAML takes for an alias that is not there: put it in quotes
            installation: demo      | installation: @hunter2  | 1: a value begins with a character that YAML reserves
            installation: demo      | installation: a: b      | 1: a ':' is not allowed here: check the indentation, or put the value in quotes
            [Muon]                  | [Muon                   | 15: a list opened with '[' is not closed
            schedules:              | `---\nschedules:`       | 16: holds more than one document: remove the line '---' between them
            """;

    private static final String MARKS = "{}[]:,\"'\n\t #&*!|>%@-?$<0";

    @TempDir private Path directory;

    @Test
    void theFileTheCasesStartFromIsRight() throws IOException {
        assertThat(read(RIGHT).pools()).hasSize(1);
    }

    @ParameterizedTest(name = "{0} → {1}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = CASES)
    void aWrongThingIsToldWithItsLine(String right, String wrong, String told) throws IOException {
        assertThat(RIGHT).contains(right);
        int at = RIGHT.indexOf(right);
        var problems =
                problems(RIGHT.substring(0, at) + wrong + RIGHT.substring(at + right.length()));
        assertThat(problems)
                .anySatisfy(problem -> assertThat(problem).startsWith("fleet.yaml:" + told));
        assertThat(problems).noneSatisfy(problem -> assertThat(problem).contains("hunter2"));
    }

    @Test
    void allProblemsAreToldAtOnceInTheOrderOfTheFile() throws IOException {
        assertThat(
                        problems(
                                """
                                installation: demo
                                clouds: [{name: north, kind: simulated, maxVms: -1}]
                                pools:
                                  - name: muon
                                    poolsize: 5
                                    maxSize: x
                                    placements: [{cloud: south, image: i, flavor: f}]
                                vmTypes: [{name: Muon, pool: moun}]
                                """))
                .containsExactly(
                        "fleet.yaml:2: maxVms is -1: give 0 to 100000",
                        "fleet.yaml:4: pool 'muon' lacks 'poolSize': add it",
                        "fleet.yaml:5: unknown field 'poolsize' of pool 'muon'; did you mean"
                                + " 'poolSize'?",
                        "fleet.yaml:6: maxSize must be a whole number, such as 5",
                        "fleet.yaml:7: there is no cloud 'south' in this file; known: north",
                        "fleet.yaml:8: name 'Muon' is no name: use a-z, 0-9 and '-', beginning with"
                                + " a letter or digit, at most 63 characters",
                        "fleet.yaml:8: VM type 'Muon' lacks 'title': add it",
                        "fleet.yaml:8: VM type 'Muon' lacks 'vcpus': add it",
                        "fleet.yaml:8: VM type 'Muon' lacks 'ramGb': add it",
                        "fleet.yaml:8: there is no pool 'moun' in this file; did you mean 'muon'?");
    }

    @Test
    void theMessageHasOneLineAProblem() throws IOException {
        var file =
                Files.writeString(directory.resolve("fleet.yaml"), "installation: X\nclouds: []\n");
        var refused = catchThrowableOfType(FleetRefused.class, () -> read(file));
        assertThat(refused.getMessage().lines())
                .containsExactlyElementsOf(refused.problems())
                .hasSize(2);
    }

    @Test
    void overlongTextsAreRefused() throws IOException {
        assertThat(problems(RIGHT.replace("title: Muon", "title: " + "é".repeat(201))))
                .containsExactly("fleet.yaml:15: title is 201 characters long: at most 200");
        assertThat(
                        problems(
                                RIGHT.replace(
                                        "description: Mantid", "description: " + "x".repeat(2001))))
                .containsExactly(
                        "fleet.yaml:15: description is 2001 characters long: at most 2000");
        assertThat(problems(RIGHT.replace("name: north", "name: " + "n".repeat(64))))
                .anySatisfy(
                        problem ->
                                assertThat(problem)
                                        .startsWith("fleet.yaml:3: name 'nnn")
                                        .contains("at most 63 characters"));
        assertThat(read(RIGHT.replace("title: Muon", "title: " + "😀".repeat(200))).vmTypes())
                .hasSize(1);
    }

    @Test
    void filesThatAreNoFleetFiles() throws IOException {
        for (var empty : List.of("", "\n\n", "# nothing\n", "---\n"))
            assertThat(problems(empty)).singleElement().asString().startsWith("fleet.yaml:1: ");
        assertThat(problems(""))
                .containsExactly(
                        "fleet.yaml:1: is empty: describe at least installation and clouds");
        assertThat(problems("[1, 2]"))
                .containsExactly(
                        "fleet.yaml:1: the fleet file must be a mapping, such as {name: …}");
        assertThat(problems("just words"))
                .containsExactly(
                        "fleet.yaml:1: the fleet file must be a mapping, such as {name: …}");
        assertThat(problems("installation: demo\nclouds: []\n\u0007"))
                .containsExactly(
                        "fleet.yaml:3: holds the character U+0007, which YAML does not allow");
    }

    @Test
    void filesThatCannotBeRead() throws IOException {
        assertThat(refused(directory.resolve("fleet.yaml")))
                .containsExactly("fleet.yaml: does not exist: give the path of a fleet file");
        assertThat(refused(Files.createDirectory(directory.resolve("fleets"))))
                .containsExactly("fleets: is a directory: name the file itself");
        var latin =
                Files.write(
                        directory.resolve("latin.yaml"),
                        "installation: demo\n# Müon\n".getBytes(StandardCharsets.ISO_8859_1));
        assertThat(refused(latin))
                .containsExactly("latin.yaml:2: is not UTF-8: save the file as UTF-8");
        var binary = new byte[100_000];
        RandomGeneratorFactory.of("L64X128MixRandom").create(1).nextBytes(binary);
        assertThat(refused(Files.write(directory.resolve("binary"), binary))).hasSize(1);
        var large = Files.write(directory.resolve("large"), new byte[5_000_000]);
        assertThat(refused(large)).containsExactly("large: is larger than 4194304 bytes");
    }

    @Test
    void aFileThatMayNotBeRead() throws IOException {
        var file = Files.writeString(directory.resolve("secret.yaml"), RIGHT);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("---------"));
        assumeTrue(!Files.isReadable(file), "root may read everything");
        assertThat(refused(file))
                .containsExactly(
                        "secret.yaml: may not be read: give this process the right to read it");
    }

    @Test
    @Timeout(20)
    void bombsAreBounded() throws IOException {
        var laughs = new StringBuilder("a0: &a0 [x]\n");
        for (int i = 1; i < 30; i++)
            laughs.append(
                    "a%d: &a%d [%s]\n".formatted(i, i, ("*a" + (i - 1) + ", ").repeat(9) + "x"));
        assertThat(problems(laughs.toString())).isNotEmpty();
        assertThat(problems("a: &a [" + "*a,".repeat(100_000) + "]"))
                .containsExactly("fleet.yaml:1: uses too many aliases (*name): write things out");
        assertThat(
                        problems(
                                "installation: demo\n"
                                        + "clouds: &c [*c, {name: a, kind: *c, options: *c}]\n"))
                .isNotEmpty();
        assertThat(problems("[".repeat(1_000_000))).hasSize(1);
        assertThat(problems("{a: ".repeat(100_000))).hasSize(1);
        assertThat(problems("clouds: [" + "1,\n".repeat(300_000) + "]")).hasSize(201);
    }

    /** Nothing that is cut, doubled or changed at random makes the reader fail in another way. */
    @Test
    void whateverIsBrokenIsRefusedOrReadAndNeverTellsASecret() throws IOException {
        for (long seed = 1; seed <= 500; seed++) {
            var random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
            var text = new StringBuilder(RIGHT);
            for (int i = random.nextInt(1, 4); i > 0; i--) {
                int at = random.nextInt(text.length());
                switch (random.nextInt(4)) {
                    case 0 -> text.deleteCharAt(at);
                    case 1 -> text.insert(at, MARKS.charAt(random.nextInt(MARKS.length())));
                    case 2 -> text.delete(at, Math.min(text.length(), at + random.nextInt(60)));
                    default ->
                            text.insert(
                                    at,
                                    text.substring(
                                            at, Math.min(text.length(), at + random.nextInt(60))));
                }
            }
            try {
                read(text.toString());
            } catch (FleetRefused refused) {
                assertThat(refused.problems()).as("seed %d", seed).isNotEmpty();
                assertThat(refused.getMessage()).as("seed %d", seed).doesNotContain("hunter2");
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + ":\n" + text, e);
            }
        }
    }

    private List<String> problems(String yaml) throws IOException {
        return refused(Files.writeString(directory.resolve("fleet.yaml"), yaml));
    }

    private List<String> refused(Path file) {
        var refused = catchThrowableOfType(FleetRefused.class, () -> read(file));
        assertThat(refused).isNotNull();
        return refused.problems().stream()
                .map(problem -> problem.replace(directory + "/", ""))
                .toList();
    }

    private Fleet read(String yaml) throws IOException {
        return read(Files.writeString(directory.resolve("fleet.yaml"), yaml));
    }

    private static Fleet read(Path file) {
        return FleetFile.read(file, name -> Optional.ofNullable(ENVIRONMENT.get(name)), KINDS);
    }
}
