package vmm.maintenance;

import io.swagger.v3.oas.annotations.media.Schema;

import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;

import org.jspecify.annotations.Nullable;

import vmm.maintenance.MaintenanceWindow.Kind;
import vmm.web.MaybeAbsent;

import java.time.Instant;
import java.util.UUID;

/** A window to be. */
@Schema(name = "MaintenanceWindowRequest")
record WindowRequest(
        @NotNull Instant from,
        @NotNull Instant to,
        @NotNull Kind kind,
        @MaybeAbsent @Nullable @Size(max = WindowRules.LONGEST_NOTE) String note) {

    WindowRules.Wanted wanted() {
        return WindowRules.Wanted.of(from, to, kind, note == null ? "" : note);
    }

    /** A change of a window as a merge patch: what is absent stays, null is refused. */
    @Schema(name = "MaintenanceWindowPatch")
    record Patch(
            @MaybeAbsent @Nullable Instant from,
            @MaybeAbsent @Nullable Instant to,
            @MaybeAbsent @Nullable Kind kind,
            @MaybeAbsent @Nullable @Size(max = WindowRules.LONGEST_NOTE) String note) {

        WindowRules.Wanted appliedTo(MaintenanceWindow window) {
            return WindowRules.Wanted.of(
                    from == null ? window.from() : from,
                    to == null ? window.to() : to,
                    kind == null ? window.kind() : kind,
                    note == null ? window.note() : note);
        }
    }

    /**
     * A window that one thinks about.
     *
     * @param except the window of this cloud that would become it; null for a new one
     */
    @Schema(name = "MaintenanceWindowPreviewRequest")
    record Preview(
            @NotNull Instant from,
            @NotNull Instant to,
            @NotNull Kind kind,
            @MaybeAbsent @Nullable UUID except) {
        WindowRules.Wanted wanted() {
            return WindowRules.Wanted.of(from, to, kind, "");
        }
    }
}
