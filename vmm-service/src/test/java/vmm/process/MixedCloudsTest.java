package vmm.process;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.jdbc.core.simple.JdbcClient;

import vmm.cloud.jclouds.MixedClouds;
import vmm.cloud.jclouds.MixedClouds.Made;
import vmm.cloud.jclouds.MixedClouds.Site;
import vmm.cloud.jclouds.RawServer;

import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The real service with {@code docs/fleet-mixed.yaml}, pools over an OpenStack, an EC2 and an
 * Azure. What was made is judged by what the clouds remember.
 */
@Tag("process")
class MixedCloudsTest {
    private static final Duration BOOT = Duration.ofSeconds(2);
    private static final Duration SETTLES = Duration.ofMinutes(2);

    /** Of a cloud that is well again: back to its weight within as long. */
    private static final Duration RETURNS = Duration.ofMinutes(5);

    private static final int CLAIMS = 4;

    private final MixedClouds clouds = new MixedClouds(BOOT);

    @TempDir Path directory;

    private ServiceProcess service;
    private int starts;

    @BeforeEach
    void startService() throws Exception {
        start(Map.of());
        settle();
    }

    @AfterEach
    void stopAll() {
        service.close();
        clouds.close();
    }

    /** As many as {@code vmm.mixed.sites} names are out in turn, all of them by default. */
    static Stream<Site> sites() {
        var names = System.getProperty("vmm.mixed.sites", "");
        return names.isEmpty()
                ? Stream.of(Site.values())
                : Stream.of(names.split(",")).map(Site::valueOf);
    }

    @Test
    void poolIsSpreadByWeightAndLoadMovesOffEachKindOfCloudAndBack() throws Exception {
        assertThat(readyOfMuon()).isEqualTo(Map.of("rutherford", 6L, "ireland", 2L, "uksouth", 2L));
        for (var site : sites().toList()) {
            clouds.setOut(site, true);
            var out = Instant.now();
            var claims = new ArrayList<String>();
            for (int n = 0; n < CLAIMS; n++) claims.add(claim(site.cloud() + "-" + n));
            ServiceProcess.await(
                    "full without " + site.cloud(), SETTLES, () -> isFullWithout(site, out));
            clouds.setOut(site, false);
            var back = Instant.now();
            for (var claim : claims) admin().delete("/api/v1/allocations/" + claim);
            ServiceProcess.await(
                    site.cloud() + " is offered again",
                    RETURNS,
                    () -> List.of("RECOVERING", "HEALTHY").contains(health(site)) ? true : null);
            settle();
            System.out.println(
                    "mixed: %s was out, offered again and all at rest %d s after"
                            .formatted(
                                    site.cloud(),
                                    Duration.between(back, Instant.now()).toSeconds()));
        }
        for (int n = 0; n < 2 * CLAIMS; n++) claim("again-" + n);
        settle();
        assertThat(readyOfMuon()).allSatisfy((cloud, ready) -> assertThat(ready).isPositive());
        assertThatNothingIsDoubledOrLost();
    }

    /** The cloud makes it and never answers; then the service dies. */
    @ParameterizedTest
    @EnumSource(
            value = Site.class,
            names = {"IRELAND", "UKSOUTH"})
    void createWhoseAnswerDiesWithTheServiceIsAdopted(Site site) throws Exception {
        for (var other : Site.values()) if (other != site) pause(other);
        var made = new CountDownLatch(1);
        clouds.setGate(
                (where, request, cloud) -> {
                    var reply = cloud.apply(request);
                    if (where != site || !isCreate(request)) return reply;
                    made.countDown();
                    return new RawServer.Hang();
                });
        var before = clouds.everMade().stream().map(Made::vmId).collect(Collectors.toSet());
        resize(11);
        assertThat(made.await(1, TimeUnit.MINUTES)).isTrue();
        service.kill();
        clouds.setGate((where, request, cloud) -> cloud.apply(request));

        start(Map.of());
        settle();
        var one = clouds.everMade().stream().filter(some -> !before.contains(some.vmId())).toList();
        assertThat(one).singleElement().satisfies(it -> assertThat(it.lives()).isTrue());
        assertThat(truth().rows())
                .filteredOn(row -> row.id().equals(one.getFirst().vmId()))
                .singleElement()
                .satisfies(
                        row -> {
                            assertThat(row.state()).isEqualTo("READY");
                            assertThat(row.instance()).isEqualTo(one.getFirst().id());
                        });
        assertThatNothingIsDoubledOrLost();
    }

    /** Everything that can be logged is, in calm and in trouble. */
    @Test
    void noSecretIsInTheLogAtAnyLevel() throws Exception {
        service.close();
        start(Map.of("LOGGING_LEVEL_ROOT", "TRACE"));
        settle();
        claim("one");
        for (var site : Site.values()) clouds.setOut(site, true);
        claim("two");
        ServiceProcess.await(
                "trouble",
                SETTLES,
                () ->
                        Arrays.stream(Site.values()).anyMatch(site -> !isHealthy(site))
                                ? true
                                : null);
        var log = service.log();

        assertThat(log).contains("TRACE");
        for (var secret : MixedClouds.secrets()) {
            for (var form : forms(secret)) assertThat(log.contains(form)).as(form).isFalse();
        }
        assertThat(log.contains("guest.json")).as("user data in the log").isFalse();
    }

    private static List<String> forms(String secret) {
        var bytes = secret.getBytes(StandardCharsets.UTF_8);
        return List.of(
                secret,
                URLEncoder.encode(secret, StandardCharsets.UTF_8),
                Base64.getEncoder().encodeToString(bytes));
    }

    // Words of these tests

    private void start(Map<String, String> more) throws Exception {
        var environment = new HashMap<>(clouds.environment());
        environment.put("VMM_FLEET", fleet().toString());
        environment.put("VMM_DATA_DIR", directory.resolve("data").toString());
        environment.putAll(more);
        service = ServiceProcess.start(directory, "service-" + starts++, environment);
    }

    private static Path fleet() {
        var docs = Path.of("..", "docs", "fleet-mixed.yaml").toAbsolutePath().normalize();
        return Files.exists(docs) ? docs : Path.of("docs", "fleet-mixed.yaml").toAbsolutePath();
    }

    private Truth truth() throws IOException {
        return new Truth(JdbcClient.create(Truth.embedded(directory.resolve("data"))));
    }

    private Api admin() {
        return service.api("admin");
    }

    private void settle() throws Exception {
        var truth = truth();
        ServiceProcess.awaitNone("all pools at rest", SETTLES, truth::poolsNotAtRest);
    }

    private String claim(String key) throws Exception {
        var answer = service.api("scientist").allocate("muon", key);
        assertThat(answer.status()).as("claim: %s", answer.body()).isEqualTo(201);
        return answer.text("id");
    }

    private void resize(int poolSize) throws Exception {
        var path = "/api/v1/pools/muon";
        var answer =
                admin().patch(path, admin().get(path).etag(), "{\"poolSize\": " + poolSize + "}");
        assertThat(answer.status()).as("resize: %s", answer.body()).isEqualTo(200);
    }

    private void pause(Site site) throws Exception {
        var path = "/api/v1/clouds/" + site.cloud() + "/pause";
        assertThat(admin().post(path, "{\"paused\": true}").status()).isEqualTo(200);
    }

    private String health(Site site) throws Exception {
        return admin().get("/api/v1/clouds/" + site.cloud()).text("health");
    }

    private boolean isHealthy(Site site) {
        try {
            return health(site).equals("HEALTHY");
        } catch (Exception unknown) {
            throw new IllegalStateException(unknown);
        }
    }

    private Map<String, Long> readyOfMuon() throws Exception {
        var pool = admin().get("/api/v1/pools/muon").body();
        var ready = new HashMap<String, Long>();
        for (var placement : pool.path("placements")) {
            ready.put(
                    placement.path("cloud").asString(""),
                    placement.path("counts").path("ready").asLong());
        }
        return ready;
    }

    /** As many as are wanted are READY on the others, or were there before. */
    private Boolean isFullWithout(Site site, Instant since) throws Exception {
        var truth = truth();
        boolean full =
                readyOfMuon().values().stream().mapToLong(Long::longValue).sum() >= 10
                        && truth.sentTo(site.cloud(), since).stream()
                                .noneMatch(create -> create.readyAt().isBefore(Instant.MAX));
        return full ? true : null;
    }

    private static boolean isCreate(RawServer.Request request) {
        return request.body().contains("Action=RunInstances")
                || request.method().equals("PUT") && request.path().contains("/virtualMachines/");
    }

    private void assertThatNothingIsDoubledOrLost() throws Exception {
        var made = clouds.everMade();
        Map<String, List<Made>> byVm = made.stream().collect(Collectors.groupingBy(Made::vmId));
        assertThat(byVm.values()).allSatisfy(one -> assertThat(one).hasSize(1));
        var serving =
                truth().rows().stream()
                        .filter(Truth.Row::serves)
                        .map(Truth.Row::id)
                        .collect(Collectors.toSet());
        assertThat(made.stream().filter(Made::lives).map(Made::vmId))
                .containsExactlyInAnyOrderElementsOf(serving);
        assertThat(truth().cloudsAboveCap()).isEmpty();
        assertThat(truth().poolsAboveMaximum()).isEmpty();
        assertThat(truth().rows()).noneMatch(row -> row.reason().equals("VANISHED"));
    }
}
