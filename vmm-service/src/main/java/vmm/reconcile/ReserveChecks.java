package vmm.reconcile;

import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

import vmm.clouds.Clouds;
import vmm.event.Instants;
import vmm.event.LoopKind;
import vmm.event.Wakes;
import vmm.lifecycle.ReadyWhen;
import vmm.lifecycle.Terms;
import vmm.vm.VmReason;
import vmm.vm.VmState;
import vmm.vm.Vms;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.UUID;

/**
 * Looks again at VMs that wait in reserve, some at a time: whether each is shown to run, and the
 * port or the guest by which it became READY still answers. One that failed twice is replaced,
 * unless many fail at once: then it is rather the way to them that is broken, unless it lasts.
 */
@Component
public class ReserveChecks {
    static final Duration EVERY = Duration.ofMinutes(1);

    /** One that failed is looked at again so soon, and is replaced if it still fails. */
    static final Duration AGAIN = Duration.ofSeconds(30);

    /**
     * What looks broken for longer is, however many do: others were launched beside them by then.
     */
    static final Duration BRAKE_HOLDS = Duration.ofMinutes(30);

    /** A guest that reports does so every minute or two. */
    static final Duration SILENT = Duration.ofMinutes(15);

    /** Between two looks that found a guest silent: the service may have been away itself. */
    static final Duration AGAIN_SILENT = Duration.ofMinutes(5);

    /**
     * Looks begun by one pass: half of those that wait, as a cloud at rest is listed twice a
     * minute.
     */
    private static final int AT_LEAST = 20;

    private static final int AT_MOST = 200;

    private final JdbcClient jdbc;
    private final Vms vms;
    private final Clouds clouds;
    private final CloudCalls calls;
    private final PortProbe probe;
    private final InstantSource clock;
    private final Wakes wakes;

    public ReserveChecks(
            JdbcClient jdbc,
            Vms vms,
            Clouds clouds,
            CloudCalls calls,
            PortProbe probe,
            InstantSource clock,
            Wakes wakes) {
        this.jdbc = jdbc;
        this.vms = vms;
        this.clouds = clouds;
        this.calls = calls;
        this.probe = probe;
        this.clock = clock;
        this.wakes = wakes;
    }

    /** Begins the looks that are due on a cloud: those that failed first, then the longest ago. */
    void look(String cloud) {
        Instant now = clock.instant();
        jdbc.sql(
                        """
                        SELECT vm.id, pool.ready_when, vm.address, vm.reported_at, vm.instance_status FROM vm JOIN pool ON pool.id = vm.pool_id
                        WHERE vm.cloud = :cloud AND vm.state = 'READY' AND NOT vm.held
                          AND GREATEST(vm.state_since, vm.checked_at) <= CAST(:now AS timestamptz)
                              - CASE WHEN vm.check_failed_since IS NULL THEN :every ELSE :again END * interval '1 second'
                        ORDER BY vm.check_failed_since IS NULL, vm.checked_at NULLS FIRST, vm.id
                        LIMIT least(:most, greatest(:least, (SELECT count(*) / 2 FROM vm WHERE cloud = :cloud AND state = 'READY')))
                        """)
                .param("cloud", cloud)
                .param("now", Instants.sql(now))
                .param("every", EVERY.toSeconds())
                .param("again", AGAIN.toSeconds())
                .param("least", AT_LEAST)
                .param("most", AT_MOST)
                .query(
                        (row, n) ->
                                new Waiting(
                                        row.getObject("id", UUID.class),
                                        ReadyWhen.parse(row.getString("ready_when")),
                                        row.getString("address"),
                                        row.getString("instance_status"),
                                        Instants.read(row, "reported_at")))
                .list()
                .forEach(vm -> look(cloud, vm, now));
    }

    private void look(String cloud, Waiting vm, Instant now) {
        if ("ERROR".equals(vm.status()) || "STOPPED".equals(vm.status())) {
            conclude(cloud, vm.id(), false, AGAIN, "it is shown as " + vm.status());
            return;
        }
        switch (vm.readyWhen()) {
            case ReadyWhen.PortOpen(int port) -> {
                String address = vm.address();
                if (address == null) {
                    conclude(cloud, vm.id(), true, AGAIN, "");
                    return;
                }
                calls.submit(
                        cloud,
                        vm.id(),
                        () ->
                                conclude(
                                        cloud,
                                        vm.id(),
                                        probe.answers(address, port),
                                        AGAIN,
                                        "port " + port + " does not answer any more"));
            }
            case ReadyWhen.GuestReport g -> {
                Instant reported = vm.reportedAt();
                boolean speaks = reported == null || reported.plus(SILENT).isAfter(now);
                conclude(
                        cloud,
                        vm.id(),
                        speaks,
                        AGAIN_SILENT,
                        "its guest has been silent since " + reported);
            }
            case ReadyWhen.InstanceActive a -> conclude(cloud, vm.id(), true, AGAIN, "");
        }
    }

    private void conclude(String cloud, UUID id, boolean well, Duration again, String why) {
        Instant now = clock.instant();
        var failing =
                jdbc.sql(
                                """
                                UPDATE vm SET checked_at = :now,
                                       check_failed_since = CASE WHEN :well THEN NULL ELSE COALESCE(check_failed_since, :now) END
                                WHERE id = :id AND state = 'READY' RETURNING check_failed_since
                                """)
                        .param("now", Instants.sql(now))
                        .param("well", well)
                        .param("id", id)
                        .query(
                                (row, n) ->
                                        Optional.ofNullable(
                                                Instants.read(row, "check_failed_since")))
                        .optional()
                        .flatMap(since -> since);
        if (failing.isEmpty() || failing.get().plus(again).isAfter(now)) return;
        if (brake(cloud, now) && failing.get().plus(BRAKE_HOLDS).isAfter(now)) return;
        vms.find(id)
                .filter(vm -> vm.state() == VmState.READY && !vm.held())
                .filter(
                        vm ->
                                vms.become(
                                        vm,
                                        VmState.DELETING,
                                        VmReason.UNHEALTHY,
                                        why,
                                        now,
                                        "lifecycle"))
                .ifPresent(
                        vm -> {
                            wakes.wake(LoopKind.REFILL, vm.pool());
                            wakes.wake(LoopKind.LIFECYCLE, cloud);
                        });
    }

    private boolean brake(String cloud, Instant now) {
        boolean many =
                jdbc.sql(
                                """
                                SELECT count(*) FILTER (WHERE check_failed_since IS NOT NULL) AS failing, count(*) AS waiting
                                FROM vm WHERE cloud = :cloud AND state = 'READY' AND NOT held
                                """)
                        .param("cloud", cloud)
                        .query(
                                (row, n) ->
                                        Terms.many(row.getLong("failing"), row.getLong("waiting")))
                        .single();
        if (many) {
            clouds.recordCalls(
                    cloud, "many waiting VMs stopped answering at once: none is taken back", now);
        }
        return many;
    }

    private record Waiting(
            UUID id,
            ReadyWhen readyWhen,
            @Nullable String address,
            @Nullable String status,
            @Nullable Instant reportedAt) {}
}
