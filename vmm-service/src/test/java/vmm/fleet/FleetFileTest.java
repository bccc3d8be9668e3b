package vmm.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import vmm.sizing.Schedule;

import java.io.IOException;
import java.math.BigDecimal;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

class FleetFileTest {

    private static final Map<String, KindRules> KINDS =
            Map.of(
                    "openstack", new KindRules(Set.of(), Set.of("project", "username", "password")),
                    "aws", new KindRules(Set.of(), Set.of("accessKeyId", "secretAccessKey")),
                    "simulated",
                            new KindRules(
                                    Set.of("bootTime", "bootJitter"),
                                    Set.of(),
                                    Map.of(
                                            "spot", Pattern.compile("true|false"),
                                            "diskGb", Pattern.compile("[0-9]+"))));
    private static final Map<String, String> ENVIRONMENT =
            Map.of("RUTHERFORD_PASSWORD", "s3cr$t{}", "HOST", "127.0.0.1");

    @TempDir private Path directory;

    @Test
    void readsAllThatAFleetFileMaySay() throws IOException {
        var fleet =
                read(
                        """
                        installation: isis
                        clouds:
                          - name: rutherford
                            kind: openstack
                            endpoint: http://${HOST}:5000/v3
                            region: RegionOne
                            credentials: {project: vmm, username: 1234, password: "${RUTHERFORD_PASSWORD}"}
                            maxVms: 400
                            callTimeout: PT5S
                            rateLimit: 2.5
                            prices: {currency: GBP, m7i.xlarge: 0.2016, free: 0}
                            probes:
                              - {name: vpn, tcp: "10.1.0.1:443"}
                              - {name: v6, tcp: "[fe80::1]:22", timeout: PT1S}
                              - {name: squid, http: "http://10.1.0.5:3128/", expectStatus: 400, proxy: "10.1.0.6:3128", timeout: PT10S, every: PT1M}
                          - {name: demo-a, kind: simulated, options: {bootTime: PT8S, bootJitter: 0.3}}
                        pools:
                          - name: muon
                            poolSize: 5
                            maxSize: 30
                            readyWhen: portOpen:22
                            bootTimeout: PT5M
                            lease: PT6H
                            maxLifetime: P7D
                            idleTimeout: PT3H
                            warning: PT30M
                            placements:
                              - {cloud: rutherford, image: daaas-muon, flavor: l3.micro, network: private, weight: 20, maxVms: 5}
                              - {cloud: demo-a, image: daaas-muon, flavor: l3.micro, options: {spot: true, diskGb: "40"}}
                            connect:
                              - {kind: jupyter, url: "https://{address}:8888/?token={secret}"}
                              - {kind: ssh, command: "ssh {user}@{address}"}
                        vmTypes:
                          - {name: muon, title: Müon, description: "Mantid\\nand WiMDA", pool: muon, vcpus: 4, ramGb: 16, gpus: 1, groups: [Muon], tags: [muon, mantid], logo: /logos/muon.svg}
                          - {name: muon-small, title: Muon, pool: muon, vcpus: 1, ramGb: 0.5}
                        schedules:
                          - {name: cycle-mornings, pool: muon, cron: "0 30 7 * * MON-FRI", zone: Europe/London, duration: PT3H, target: 15}
                        """);

        assertThat(fleet.installation()).isEqualTo("isis");
        assertThat(fleet.clouds())
                .containsExactly(
                        new CloudEntry(
                                "rutherford",
                                "openstack",
                                Optional.of("http://127.0.0.1:5000/v3"),
                                Optional.of("RegionOne"),
                                Map.of(
                                        "project",
                                        "vmm",
                                        "username",
                                        "1234",
                                        "password",
                                        "s3cr$t{}"),
                                Map.of(),
                                Optional.of(400),
                                Duration.ofSeconds(5),
                                Optional.of(2.5),
                                List.of(
                                        new ProbeEntry(
                                                "vpn",
                                                new ProbeEntry.Tcp("10.1.0.1", 443),
                                                Duration.ofSeconds(5),
                                                Duration.ofSeconds(30)),
                                        new ProbeEntry(
                                                "v6",
                                                new ProbeEntry.Tcp("fe80::1", 22),
                                                Duration.ofSeconds(1),
                                                Duration.ofSeconds(30)),
                                        new ProbeEntry(
                                                "squid",
                                                new ProbeEntry.Http(
                                                        URI.create("http://10.1.0.5:3128/"),
                                                        Optional.of(400),
                                                        Optional.of(
                                                                new ProbeEntry.Tcp(
                                                                        "10.1.0.6", 3128))),
                                                Duration.ofSeconds(10),
                                                Duration.ofMinutes(1))),
                                Optional.of(
                                        new Prices(
                                                "GBP",
                                                Map.of(
                                                        "m7i.xlarge",
                                                        new BigDecimal("0.2016"),
                                                        "free",
                                                        new BigDecimal("0"))))),
                        new CloudEntry(
                                "demo-a",
                                "simulated",
                                Optional.empty(),
                                Optional.empty(),
                                Map.of(),
                                Map.of("bootTime", "PT8S", "bootJitter", "0.3"),
                                Optional.empty(),
                                Duration.ofSeconds(20),
                                Optional.empty(),
                                List.of(),
                                Optional.empty()));
        assertThat(fleet.pools())
                .containsExactly(
                        new PoolEntry(
                                "muon",
                                5,
                                30,
                                new ReadyWhen.PortOpen(22),
                                Duration.ofMinutes(5),
                                Duration.ofHours(6),
                                Duration.ofDays(7),
                                Duration.ofHours(3),
                                Duration.ofMinutes(30),
                                List.of(
                                        new PoolEntry.Placement(
                                                "rutherford",
                                                "daaas-muon",
                                                "l3.micro",
                                                Optional.of("private"),
                                                20,
                                                Optional.of(5)),
                                        new PoolEntry.Placement(
                                                "demo-a",
                                                "daaas-muon",
                                                "l3.micro",
                                                Optional.empty(),
                                                Map.of("spot", "true", "diskGb", "40"),
                                                100,
                                                Optional.empty())),
                                List.of(
                                        new PoolEntry.Connect(
                                                "jupyter",
                                                Optional.of(
                                                        "https://{address}:8888/?token={secret}"),
                                                Optional.empty()),
                                        new PoolEntry.Connect(
                                                "ssh",
                                                Optional.empty(),
                                                Optional.of("ssh {user}@{address}")))));
        assertThat(fleet.vmTypes())
                .containsExactly(
                        new VmTypeEntry(
                                "muon",
                                "Müon",
                                "Mantid\nand WiMDA",
                                "muon",
                                4,
                                16,
                                1,
                                List.of("Muon"),
                                List.of("muon", "mantid"),
                                Optional.of("/logos/muon.svg")),
                        new VmTypeEntry(
                                "muon-small",
                                "Muon",
                                "",
                                "muon",
                                1,
                                0.5,
                                0,
                                List.of(),
                                List.of(),
                                Optional.empty()));
        assertThat(fleet.schedules())
                .containsExactly(
                        new Schedule(
                                "cycle-mornings",
                                "muon",
                                "0 30 7 * * MON-FRI",
                                ZoneId.of("Europe/London"),
                                Duration.ofHours(3),
                                15));
    }

    @Test
    void whatIsLeftOutHasItsDefault() throws IOException {
        var pool =
                read("""
                installation: demo
                clouds: [{name: a, kind: simulated}]
                pools: [{name: p, poolSize: 0, maxSize: 0, placements: [{cloud: a, image: i, flavor: f}]}]
                """)
                        .pools()
                        .getFirst();
        assertThat(pool.readyWhen()).isEqualTo(new ReadyWhen.GuestReport());
        assertThat(pool.bootTimeout()).isEqualTo(Duration.parse("PT10M"));
        assertThat(pool.lease()).isEqualTo(Duration.parse("PT12H"));
        assertThat(pool.maxLifetime()).isEqualTo(Duration.parse("P14D"));
        assertThat(pool.idleTimeout()).isEqualTo(Duration.parse("PT24H"));
        assertThat(pool.warning()).isEqualTo(Duration.parse("PT1H"));
        assertThat(pool.connect()).isEmpty();
    }

    @Test
    void anchorsMaySaveWritingAndADollarMayStandForItself() throws IOException {
        var fleet =
                read(
                        """
                        \uFEFFinstallation: demo
                        clouds: [{name: a, kind: aws, credentials: {accessKeyId: "$${HOST}", secretAccessKey: "pa$$word"}}]
                        pools:
                          - {name: p, poolSize: 0, maxSize: 0, placements: &everywhere [{cloud: a, image: i, flavor: f}]}
                          - {name: q, poolSize: 0, maxSize: 0, placements: *everywhere}
                        """);
        assertThat(fleet.pools().get(1).placements()).isEqualTo(fleet.pools().get(0).placements());
        assertThat(fleet.clouds().getFirst().credentials())
                .isEqualTo(Map.of("accessKeyId", "${HOST}", "secretAccessKey", "pa$$word"));
    }

    @Test
    void aCloudShowsNoSecrets() throws IOException {
        var fleet =
                read(
                        """
                        installation: demo
                        clouds: [{name: a, kind: openstack, credentials: {password: "${RUTHERFORD_PASSWORD}"}}]
                        """);
        assertThat(fleet.toString()).contains("CloudEntry[a, openstack]").doesNotContain("s3cr$t");
    }

    private Fleet read(String yaml) throws IOException {
        var file = Files.writeString(directory.resolve("fleet.yaml"), yaml);
        return FleetFile.read(file, name -> Optional.ofNullable(ENVIRONMENT.get(name)), KINDS);
    }
}
