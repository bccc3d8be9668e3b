package vmm.start;

import io.micrometer.core.instrument.MeterRegistry;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.transaction.support.TransactionOperations;

import vmm.cloud.CloudProviderFactory;
import vmm.clouds.CloudSettings;
import vmm.clouds.Probes;
import vmm.database.StartRefused;
import vmm.fleet.CloudEntry;
import vmm.fleet.Fleet;
import vmm.fleet.FleetFile;
import vmm.fleet.FleetRefused;
import vmm.fleet.Kinds;
import vmm.guest.CloudInit;
import vmm.guest.GuestTokens;
import vmm.reconcile.Store;
import vmm.vm.Ids;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

import javax.sql.DataSource;

/** The identity of the installation, its fleet file and its open clouds. */
@Configuration(proxyBeanMethods = false)
class StartConfiguration {
    private static final String DEMO = "fleets/demo.yaml";

    @Bean
    Ids ids(InstantSource clock) {
        return new Ids(clock, new SecureRandom());
    }

    @Bean
    Adapters adapters() {
        return Adapters.load();
    }

    @Bean
    Kinds kinds(Adapters adapters) {
        return adapters.kinds();
    }

    /** The fleet file that VMM_FLEET names, else the demo. */
    @Bean
    Fleet fleet(@Value("${vmm.fleet:}") String path, Kinds kinds, Environment environment) {
        try {
            Path file = path.isBlank() ? demo() : Path.of(path);
            return FleetFile.read(
                    file,
                    name -> Optional.ofNullable(environment.getProperty(name)),
                    kinds.byName());
        } catch (FleetRefused refused) {
            throw new StartRefused(
                    "the fleet file is refused, nothing of it was applied:\n"
                            + refused.getMessage());
        } catch (IOException e) {
            throw new StartRefused("the demo fleet cannot be unpacked: " + e.getMessage());
        }
    }

    private static Path demo() throws IOException {
        var copy = Files.createTempDirectory("vmm-fleet").resolve("demo.yaml");
        try (var in = new ClassPathResource(DEMO).getInputStream()) {
            Files.copy(in, copy);
        }
        copy.toFile().deleteOnExit();
        return copy;
    }

    /** Binds the database to the installation and takes the fleet in, one replica at a time. */
    @Bean
    Installation installation(
            Fleet fleet,
            JdbcClient jdbc,
            TransactionOperations transactions,
            InstantSource clock,
            Ids ids,
            @Value("${vmm.fleet-mode:seed}") String mode) {
        var known = mode(mode);
        var installation =
                transactions.execute(
                        status -> {
                            jdbc.sql("SELECT pg_advisory_xact_lock(hashtext('vmm.start'))")
                                    .query((row, n) -> 0)
                                    .list();
                            var bound =
                                    Installation.bind(
                                            jdbc,
                                            fleet.installation(),
                                            ids,
                                            new SecureRandom(),
                                            clock.instant());
                            new FleetTables(jdbc, known, clock.instant()).take(fleet);
                            return bound;
                        });
        if (installation == null) throw new IllegalStateException("no installation");
        return installation;
    }

    private static FleetTables.Mode mode(String text) {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "seed" -> FleetTables.Mode.SEED;
            case "apply" -> FleetTables.Mode.APPLY;
            default ->
                    throw new StartRefused("VMM_FLEET_MODE is '" + text + "': write seed or apply");
        };
    }

    @Bean
    Store store(Installation installation) {
        return new Store(installation.name(), installation.store().toString());
    }

    @Bean
    GuestTokens guestTokens(Installation installation) {
        return new GuestTokens(installation.guestKey());
    }

    @Bean
    CloudInit cloudInit(GuestTokens tokens, PublicUrl url) {
        return new CloudInit(tokens, url::text);
    }

    @Bean
    GuestUrls guestUrls(
            JdbcClient jdbc,
            TransactionOperations transactions,
            InstantSource clock,
            PublicUrl url) {
        return new GuestUrls(jdbc, transactions, clock, url);
    }

    /** What guests and people call: VMM_PUBLIC_URL, else this process on this machine. */
    @Bean
    PublicUrl publicUrl(@Value("${vmm.public-url:}") String configured, Environment environment) {
        return () ->
                configured.isBlank()
                        ? "http://127.0.0.1:" + environment.getProperty("local.server.port", "8080")
                        : configured.replaceAll("/+$", "");
    }

    @Bean(destroyMethod = "close")
    OpenClouds cloudConnections(
            Fleet fleet,
            Adapters adapters,
            InstantSource clock,
            DataSource dataSource,
            Installation bound,
            MeterRegistry meters) {
        return new OpenClouds(
                fleet,
                adapters.byKind(),
                new CloudProviderFactory.Surroundings(clock, dataSource),
                meters);
    }

    @Bean
    Probes probes(Fleet fleet) {
        var byCloud =
                fleet.clouds().stream()
                        .collect(Collectors.toMap(CloudEntry::name, CloudEntry::probes));
        return cloud -> byCloud.getOrDefault(cloud, List.of());
    }

    @Bean
    CloudSettings cloudSettings(Fleet fleet, Kinds kinds) {
        var byCloud =
                fleet.clouds().stream()
                        .collect(
                                Collectors.toMap(CloudEntry::name, cloud -> setting(cloud, kinds)));
        return cloud -> byCloud.getOrDefault(cloud, CloudSettings.NONE);
    }

    private static CloudSettings.Setting setting(CloudEntry cloud, Kinds kinds) {
        var options = new TreeMap<String, String>();
        kinds.rules(cloud.kind())
                .ifPresent(
                        rules ->
                                rules.placementOptions()
                                        .forEach(
                                                (name, values) ->
                                                        options.put(name, values.pattern())));
        return new CloudSettings.Setting(
                cloud.credentials().keySet().stream().sorted().toList(), options, cloud.prices());
    }

    /** The address of this service, known once it listens. */
    interface PublicUrl {
        String text();
    }
}
