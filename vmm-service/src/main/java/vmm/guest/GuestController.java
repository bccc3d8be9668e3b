package vmm.guest;

import jakarta.validation.Valid;
import jakarta.validation.constraints.DecimalMin;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;

import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

import vmm.web.Problem;
import vmm.web.ProblemType;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Where guests report. They say what they see; conclusions are drawn elsewhere, and by our clock.
 */
@RestController
@RequestMapping("/api/v1/guest")
class GuestController {
    private final GuestReports reports;
    private final InstantSource clock;

    GuestController(GuestReports reports, InstantSource clock) {
        this.reports = reports;
        this.clock = clock;
    }

    @PostMapping("/ready")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void ready(Guest guest, @Valid @RequestBody ReadyReport report) {
        if (!reports.ready(guest.vm(), report.image(), report.fingerprints(), clock.instant())) {
            throw gone();
        }
    }

    @PostMapping("/activity")
    @ResponseStatus(HttpStatus.NO_CONTENT)
    void activity(Guest guest, @Valid @RequestBody ActivityReport report) {
        Instant now = clock.instant();
        if (!reports.activity(guest.vm(), report.lastUse(now).orElse(null), now)) throw gone();
    }

    private static Problem gone() {
        return Problem.of(
                ProblemType.GONE,
                "This machine is being deleted or is deleted: there is no need to report.");
    }

    /** A guest that has come up. Addresses are taken and not kept: the cloud knows them. */
    record ReadyReport(
            @Nullable @Size(max = 200) String imageName,
            @Nullable @Size(max = 200) String imageVersion,
            @Nullable @Size(max = 50) List<@NotNull @Size(max = 100) String> addresses,
            @Nullable @Size(max = 20) List<@NotNull @Size(max = 2000) String> hostKeys) {

        List<String> fingerprints() {
            return HostKeys.fingerprints(Objects.requireNonNullElse(hostKeys, List.of()));
        }

        /** Its name and version; the version once, where the name ends with it as ours do. */
        @Nullable String image() {
            boolean named =
                    imageName != null
                            && imageVersion != null
                            && imageName.endsWith("-" + imageVersion);
            var image =
                    Stream.of(
                                    Optional.ofNullable(imageName),
                                    Optional.ofNullable(named ? null : imageVersion))
                            .flatMap(Optional::stream)
                            .collect(Collectors.joining(" "));
            return image.isEmpty() ? null : image;
        }
    }

    /**
     * Who uses it.
     *
     * @param at by the guest's clock, which may be wrong: not used
     * @param cpuPercent of the whole machine
     */
    record ActivityReport(
            @NotNull(message = "is required") Instant at,
            @Nullable @Size(max = 500) List<@NotNull @Valid Session> sessions,
            @Nullable @Min(0) Integer kernelsBusy,
            @Nullable @DecimalMin("0") Double cpuPercent) {
        /** Less than this is what a machine does by itself. */
        private static final double BUSY_PERCENT = 5;

        /** When it was last used by what this says; empty if nobody is there and nothing runs. */
        Optional<Instant> lastUse(Instant now) {
            boolean works =
                    kernelsBusy != null && kernelsBusy > 0
                            || cpuPercent != null && cpuPercent >= BUSY_PERCENT;
            if (works) return Optional.of(now);
            return Objects.requireNonNullElse(sessions, List.<Session>of()).stream()
                    .map(Session::idle)
                    .min(Comparator.naturalOrder())
                    .map(now::minus);
        }
    }

    record Session(
            @NotNull(message = "is required") @Size(max = 50) String kind,
            @Nullable @Size(max = 200) String user,
            @NotNull(message = "is required") @DecimalMin("0") Double idleSeconds) {
        private static final double LONGEST = Duration.ofDays(3650).toSeconds();

        Duration idle() {
            return Duration.ofMillis((long) (Math.min(idleSeconds, LONGEST) * 1000));
        }
    }
}
