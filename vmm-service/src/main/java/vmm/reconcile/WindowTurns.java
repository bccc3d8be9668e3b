package vmm.reconcile;

import org.springframework.stereotype.Component;

import vmm.clouds.Breakers;
import vmm.clouds.Clouds;
import vmm.event.LoopKind;
import vmm.event.Wakes;
import vmm.maintenance.MaintenanceNotices;
import vmm.maintenance.MaintenanceWindow;
import vmm.maintenance.MaintenanceWindows;
import vmm.maintenance.WindowEffect;
import vmm.maintenance.WindowLeads;

import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/**
 * What is done once at the turns of maintenance windows: owners are told, the cloud shows it, and
 * after the end a canary must prove it. All else is computed when it is asked for.
 */
@Component
public class WindowTurns {
    /** A service that was down for as long still asks for a canary. */
    private static final Duration LOOK_BACK = Duration.ofDays(1);

    private final MaintenanceWindows windows;
    private final MaintenanceNotices notices;
    private final WindowLeads leads;
    private final Clouds clouds;
    private final Breakers breakers;
    private final Wakes wakes;

    public WindowTurns(
            MaintenanceWindows windows,
            MaintenanceNotices notices,
            WindowLeads leads,
            Clouds clouds,
            Breakers breakers,
            Wakes wakes) {
        this.windows = windows;
        this.notices = notices;
        this.leads = leads;
        this.clouds = clouds;
        this.breakers = breakers;
        this.wakes = wakes;
    }

    /** In a transaction; how many people were told. */
    int turn(Instant now) {
        int told = notices.sendDue(now);
        windows.reckon(leads, now);
        Map<String, String> kept =
                windows.effects(now).entrySet().stream()
                        .filter(effect -> !effect.getValue().mayLaunch())
                        .collect(
                                Collectors.toMap(
                                        Map.Entry::getKey, effect -> words(effect.getValue())));
        boolean news = clouds.recordMaintenance(kept);
        news |= canariesAfter(now);
        if (news) wakes.wake(LoopKind.REFILL, Wakes.ALL);
        return told;
    }

    /**
     * A cloud that is away is closed until a canary proved it, by a breaker that is half open from
     * the window's end.
     */
    private boolean canariesAfter(Instant now) {
        boolean news = false;
        for (MaintenanceWindow window : windows.active(now)) {
            if (window.kind() != MaintenanceWindow.Kind.UNAVAILABLE) continue;
            news |=
                    breakers.openForWindow(
                            window.cloud(), window.words(), began(window), window.to(), now);
        }
        for (MaintenanceWindow over : windows.justEnded(now.minus(LOOK_BACK), now)) {
            Instant ended = over.cancelledAt() == null ? over.to() : over.cancelledAt();
            boolean opened =
                    breakers.openForWindow(over.cloud(), over.words(), began(over), ended, now);
            if (opened) clouds.judge(over.cloud(), now);
            news |= opened;
        }
        return news;
    }

    /** It may be entered after it began: what proved the cloud before that proved nothing of it. */
    private static Instant began(MaintenanceWindow window) {
        return window.createdAt().isAfter(window.from()) ? window.createdAt() : window.from();
    }

    private static String words(WindowEffect effect) {
        return Objects.toString(effect.reason(), "maintenance");
    }
}
