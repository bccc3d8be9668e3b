package vmm.maintenance;

import io.swagger.v3.oas.annotations.media.Schema;

import org.jspecify.annotations.Nullable;

import java.time.Instant;
import java.util.UUID;

/** A window as it is shown: what the row says, and where in its life it is at that moment. */
@Schema(name = "MaintenanceWindow")
record WindowView(
        UUID id,
        long version,
        String cloud,
        Instant from,
        Instant to,
        MaintenanceWindow.Kind kind,
        String note,
        MaintenanceWindow.State state,
        Instant preparationBegins,
        String createdBy,
        Instant createdAt,
        @Nullable Instant cancelledAt) {

    static WindowView of(MaintenanceWindow window, Instant now) {
        return new WindowView(
                window.id(),
                window.version(),
                window.cloud(),
                window.from(),
                window.to(),
                window.kind(),
                window.note(),
                window.state(now),
                window.preparationBegins(),
                window.createdBy(),
                window.createdAt(),
                window.cancelledAt());
    }
}
