package vmm.clouds;

import io.swagger.v3.oas.annotations.media.Schema;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

import vmm.cloud.CloudFailure;
import vmm.cloud.CloudProvider;
import vmm.cloud.Image;
import vmm.cloud.Network;
import vmm.fleet.Prices;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What clouds offer, for whoever writes a placement. Flavors are rows; images and networks are
 * asked for, at most once a minute by each replica.
 */
@Component
class Catalogues {
    /** Long enough for a page that asks again, short enough for an image that was just made. */
    static final Duration FRESH = Duration.ofMinutes(1);

    private final JdbcClient jdbc;
    private final CloudConnections connections;
    private final CloudSettings settings;
    private final InstantSource clock;
    private final Map<String, Shelf> shelves = new ConcurrentHashMap<>();

    Catalogues(
            JdbcClient jdbc,
            CloudConnections connections,
            CloudSettings settings,
            InstantSource clock) {
        this.jdbc = jdbc;
        this.connections = connections;
        this.settings = settings;
        this.clock = clock;
    }

    CloudCatalogue of(String cloud) {
        var prices = settings.of(cloud).prices();
        var read = shelves.computeIfAbsent(cloud, name -> new Shelf()).read(cloud);
        return new CloudCatalogue(
                flavors(cloud, prices),
                read.images(),
                read.networks(),
                prices.map(Prices::currency).orElse(null),
                read.at(),
                read.failure());
    }

    private List<FlavorView> flavors(String cloud, Optional<Prices> prices) {
        return jdbc.sql(
                        "SELECT flavor, vcpus, ram_mb, gpus FROM offering WHERE cloud = :cloud"
                                + " ORDER BY flavor COLLATE \"C\"")
                .param("cloud", cloud)
                .query(
                        (row, n) ->
                                new FlavorView(
                                        row.getString("flavor"),
                                        row.getInt("vcpus"),
                                        row.getInt("ram_mb") / 1024.0,
                                        row.getInt("gpus"),
                                        price(prices, row.getString("flavor"))))
                .list();
    }

    private static @Nullable BigDecimal price(Optional<Prices> prices, String flavor) {
        return prices.map(known -> known.perHour().get(flavor)).orElse(null);
    }

    /** What one cloud last told; one caller asks, and the others wait for what it is told. */
    private final class Shelf {
        private final ReentrantLock turn = new ReentrantLock();
        private Told told = new Told(List.of(), List.of(), null, null);
        private Instant asked = Instant.MIN;

        Told read(String cloud) {
            turn.lock();
            try {
                Instant now = clock.instant();
                if (asked.isAfter(now.minus(FRESH))) return told;
                told = ask(cloud, now);
                asked = now;
                return told;
            } finally {
                turn.unlock();
            }
        }

        private Told ask(String cloud, Instant now) {
            var provider = connections.provider(cloud);
            if (provider.isEmpty()) return told.failed("the fleet file does not name this cloud");
            try {
                return tell(provider.get(), now);
            } catch (CloudFailure failure) {
                return told.failed(failure.kind() + ": " + failure.detail());
            }
        }

        private Told tell(CloudProvider provider, Instant now) throws CloudFailure {
            var images =
                    provider.images().stream()
                            .sorted(Comparator.comparing(Image::name).thenComparing(Image::id))
                            .map(image -> new NamedThing(image.id(), image.name()))
                            .toList();
            var networks =
                    provider.networks().stream()
                            .sorted(Comparator.comparing(Network::name).thenComparing(Network::id))
                            .map(network -> new NamedThing(network.id(), network.name()))
                            .toList();
            return new Told(images, networks, now, null);
        }
    }

    /**
     * @param at when it was told, null if it never was
     * @param failure of the last attempt, null if it succeeded
     */
    private record Told(
            List<NamedThing> images,
            List<NamedThing> networks,
            @Nullable Instant at,
            @Nullable String failure) {

        /** What was known stays, with its age. */
        Told failed(String why) {
            return new Told(images, networks, at, why);
        }
    }

    /**
     * What a cloud offers.
     *
     * @param currency of the prices, null where there are none
     * @param readAt when images and networks were read, null if they never were
     * @param failure why they could not be read just now, null if they could
     */
    @Schema(name = "CloudCatalogue")
    record CloudCatalogue(
            List<FlavorView> flavors,
            List<NamedThing> images,
            List<NamedThing> networks,
            @Nullable String currency,
            @Nullable Instant readAt,
            @Nullable String failure) {}

    /**
     * A flavor and what one VM of it costs an hour, null where nobody said.
     *
     * @param ramGb in GiB
     */
    @Schema(name = "CatalogueFlavor")
    record FlavorView(String name, int vcpus, double ramGb, int gpus, @Nullable BigDecimal price) {}

    /** An image or a network: either name will do in a placement. */
    @Schema(name = "CatalogueEntry")
    record NamedThing(String id, String name) {}
}
