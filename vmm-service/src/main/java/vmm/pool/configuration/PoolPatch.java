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
import vmm.pool.configuration.PoolRequest.ConnectRequest;
import vmm.pool.configuration.PoolRequest.PlacementRequest;
import vmm.web.MaybeAbsent;

import java.time.Duration;
import java.util.List;

/**
 * A change of a pool as a merge patch: what is absent stays, lists are replaced whole, null is
 * refused.
 */
@Schema(name = "PoolPatch")
record PoolPatch(
        @MaybeAbsent @Nullable @Min(0) @Max(PoolRequest.MOST) Integer poolSize,
        @MaybeAbsent @Nullable @Min(0) @Max(PoolRequest.MOST) Integer maxSize,
        @MaybeAbsent
                @Nullable
                @Pattern(regexp = PoolRequest.READY_WHEN, message = PoolRequest.READY_WHEN_MESSAGE)
                String readyWhen,
        @MaybeAbsent @Nullable Duration bootTimeout,
        @MaybeAbsent @Nullable Duration lease,
        @MaybeAbsent @Nullable Duration maxLifetime,
        @MaybeAbsent @Nullable Duration idleTimeout,
        @MaybeAbsent @Nullable Duration warning,
        @MaybeAbsent @Nullable @Size(max = 20) List<@NotNull @Valid ConnectRequest> connect,
        @MaybeAbsent @Nullable @Size(min = 1, max = 50)
                List<@NotNull @Valid PlacementRequest> placements) {

    PoolEntry appliedTo(PoolEntry pool) {
        return new PoolEntry(
                pool.name(),
                PoolRequest.or(poolSize, pool.poolSize()),
                PoolRequest.or(maxSize, pool.maxSize()),
                readyWhen == null ? pool.readyWhen() : PoolRequest.readyWhen(readyWhen),
                PoolRequest.or(bootTimeout, pool.bootTimeout()),
                PoolRequest.or(lease, pool.lease()),
                PoolRequest.or(maxLifetime, pool.maxLifetime()),
                PoolRequest.or(idleTimeout, pool.idleTimeout()),
                PoolRequest.or(warning, pool.warning()),
                placements == null
                        ? pool.placements()
                        : placements.stream().map(PlacementRequest::entry).toList(),
                connect == null
                        ? pool.connect()
                        : connect.stream().map(ConnectRequest::entry).toList());
    }
}
