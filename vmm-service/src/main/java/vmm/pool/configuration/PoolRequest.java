package vmm.pool.configuration;

import io.swagger.v3.oas.annotations.media.Schema;

import jakarta.validation.Valid;
import jakarta.validation.constraints.Max;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Pattern;
import jakarta.validation.constraints.Size;

import org.jspecify.annotations.Nullable;

import vmm.fleet.PoolEntry;
import vmm.fleet.ReadyWhen;
import vmm.web.Names;
import vmm.web.Problem;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** A pool to be; what it leaves out has the default of the fleet file. */
@Schema(name = "PoolRequest")
record PoolRequest(
        @NotNull @Pattern(regexp = Names.PATTERN, message = Names.MESSAGE) String name,
        @NotNull @Min(0) @Max(PoolRequest.MOST) Integer poolSize,
        @NotNull @Min(0) @Max(PoolRequest.MOST) Integer maxSize,
        @Nullable @Pattern(regexp = READY_WHEN, message = READY_WHEN_MESSAGE) String readyWhen,
        @Nullable Duration bootTimeout,
        @Nullable Duration lease,
        @Nullable Duration maxLifetime,
        @Nullable Duration idleTimeout,
        @Nullable Duration warning,
        @Nullable @Size(max = 20) List<@NotNull @Valid ConnectRequest> connect,
        @NotNull @Size(min = 1, max = 50) List<@NotNull @Valid PlacementRequest> placements) {

    static final int MOST = 100_000;
    static final String READY_WHEN = "guestReport|instanceActive|portOpen:[0-9]{1,5}";
    static final String READY_WHEN_MESSAGE =
            "is unknown: write guestReport, instanceActive, or portOpen: and a port, such as"
                    + " portOpen:22";

    PoolEntry entry() {
        return new PoolEntry(
                name,
                poolSize,
                maxSize,
                readyWhen == null ? new ReadyWhen.GuestReport() : readyWhen(readyWhen),
                or(bootTimeout, PoolEntry.BOOT_TIMEOUT),
                or(lease, PoolEntry.LEASE),
                or(maxLifetime, PoolEntry.MAX_LIFETIME),
                or(idleTimeout, PoolEntry.IDLE_TIMEOUT),
                or(warning, PoolEntry.WARNING),
                placements.stream().map(PlacementRequest::entry).toList(),
                connect == null ? List.of() : connect.stream().map(ConnectRequest::entry).toList());
    }

    static ReadyWhen readyWhen(String text) {
        return ReadyWhen.parse(text)
                .orElseThrow(() -> Problem.unprocessable("readyWhen", READY_WHEN_MESSAGE));
    }

    static <T> T or(@Nullable T given, T otherwise) {
        return Objects.requireNonNullElse(given, otherwise);
    }

    /** Where VMs of a pool may be launched. */
    @Schema(name = "PlacementRequest")
    record PlacementRequest(
            @NotNull @Pattern(regexp = Names.PATTERN, message = Names.MESSAGE) String cloud,
            @NotNull @Size(min = 1, max = 200) String image,
            @NotNull @Size(min = 1, max = 200) String flavor,
            @Nullable
                    @Size(min = 1, max = 200)
                    @Pattern(
                            regexp = ".*\\S.*",
                            message = "must not be blank; leave it out for the cloud's default")
                    String network,
            @Nullable @Size(max = 20)
                    Map<@Size(max = 63) String, @NotNull @Size(min = 1, max = 200) String> options,
            @Nullable @Min(0) @Max(1_000_000) Integer weight,
            @Nullable @Min(0) @Max(MOST) Integer maxVms) {

        PoolEntry.Placement entry() {
            return new PoolEntry.Placement(
                    cloud,
                    image,
                    flavor,
                    Optional.ofNullable(network),
                    or(options, Map.of()),
                    or(weight, PoolEntry.Placement.WEIGHT),
                    Optional.ofNullable(maxVms));
        }
    }

    /** A way to reach a VM: either an address or a command. */
    @Schema(name = "ConnectRequest")
    record ConnectRequest(
            @NotNull
                    @Pattern(
                            regexp = "[a-z][a-z0-9-]{0,30}",
                            message = "must be a short name, such as jupyter")
                    String kind,
            @Nullable @Size(min = 1, max = 500) String url,
            @Nullable @Size(min = 1, max = 500) String command) {

        PoolEntry.Connect entry() {
            return new PoolEntry.Connect(
                    kind, Optional.ofNullable(url), Optional.ofNullable(command));
        }
    }
}
