package vmm.reconcile;

import io.micrometer.core.instrument.MeterRegistry;

import org.quartz.Scheduler;
import org.quartz.SchedulerException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.SmartLifecycle;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;
import org.springframework.core.env.Environment;
import org.springframework.jdbc.core.simple.JdbcClient;

import vmm.clouds.Clouds;
import vmm.event.LoopKind;
import vmm.event.Wakes;
import vmm.vm.Ids;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;

import javax.sql.DataSource;

/** The loops of this process and what drives them. */
@Configuration(proxyBeanMethods = false)
class LoopConfiguration {
    private static final int PROBE_TIMEOUT_MILLIS = 2000;

    @Bean
    Reconcilers reconcilers(JdbcClient jdbc, InstantSource clock, MeterRegistry meters, Ids ids) {
        return new Reconcilers(jdbc, clock, meters, replica(ids));
    }

    /** Host, process and something random: unique among replicas, and of use to an operator. */
    private static String replica(Ids ids) {
        String host = System.getenv().getOrDefault("HOSTNAME", "vmm");
        return host
                + "-"
                + ProcessHandle.current().pid()
                + "-"
                + ids.next().toString().substring(24);
    }

    @Bean(destroyMethod = "close")
    Loops loops(Reconcilers rows) {
        return new Loops(rows);
    }

    @Bean(destroyMethod = "close")
    CloudTasks cloudTasks() {
        return new CloudTasks();
    }

    @Bean
    Spread spread() {
        return new FewAtOnce();
    }

    @Bean
    PortProbe portProbe() {
        return (address, port) -> {
            try (var socket = new Socket()) {
                socket.connect(new InetSocketAddress(address, port), PROBE_TIMEOUT_MILLIS);
                return true;
            } catch (IOException closed) {
                return false;
            }
        };
    }

    /** {@code vmm.retention.*}: events and decisions, rows of deleted VMs, the log of use. */
    @Bean
    HousekeepingLoop.Retention retention(
            @Value("${vmm.retention.events:P90D}") Duration events,
            @Value("${vmm.retention.vms:P90D}") Duration vms,
            @Value("${vmm.retention.allocations:P1095D}") Duration allocations) {
        return new HousekeepingLoop.Retention(events, vms, allocations);
    }

    @Bean
    Driver driver(
            Loops loops,
            Reconcilers rows,
            List<Reconciler> all,
            Clouds clouds,
            Scheduler quartz,
            DataSource dataSource,
            Ids ids,
            Environment environment) {
        return new Driver(loops, rows, all, clouds, quartz, dataSource, ids, environment);
    }

    /** Starts the loops when the service serves, and ends them first when it stops. */
    static final class Driver implements SmartLifecycle {
        private static final Logger log = LoggerFactory.getLogger(Driver.class);

        private final Loops loops;
        private final Reconcilers rows;
        private final List<Reconciler> all;
        private final Clouds clouds;
        private final Scheduler quartz;
        private final ReplicaBell bell;
        private final Environment environment;
        private volatile boolean running;

        Driver(
                Loops loops,
                Reconcilers rows,
                List<Reconciler> all,
                Clouds clouds,
                Scheduler quartz,
                DataSource dataSource,
                Ids ids,
                Environment environment) {
            this.loops = loops;
            this.rows = rows;
            this.all = all;
            this.clouds = clouds;
            this.quartz = quartz;
            this.bell = new ReplicaBell(dataSource, loops, ids.next().toString());
            this.environment = environment;
        }

        @EventListener
        void serve(ApplicationReadyEvent ready) throws SchedulerException {
            for (var kind : LoopKind.values()) {
                switch (kind) {
                    case LIFECYCLE, ORPHAN, HEALTH ->
                            clouds.all().forEach(cloud -> rows.register(kind, cloud.name()));
                    case GRANT, REFILL, RECLAIM, PUBLISH, HOUSEKEEPING ->
                            rows.register(kind, Wakes.ALL);
                }
            }
            rows.refresh();
            loops.start(all, bell);
            bell.start();
            Ticks.schedule(quartz);
            quartz.start();
            loops.tick(LoopKind.REFILL);
            loops.tick(LoopKind.LIFECYCLE);
            log.info(
                    "VMM ready on http://{}:{}",
                    environment
                            .getProperty("server.address", "localhost")
                            .replace("127.0.0.1", "localhost"),
                    environment.getProperty("local.server.port"));
        }

        @Override
        public void start() {
            running = true;
        }

        @Override
        public void stop() {
            running = false;
            try {
                quartz.standby();
            } catch (SchedulerException e) {
                log.warn("quartz did not stand by: {}", e.getMessage());
            }
            bell.close();
            loops.close();
        }

        @Override
        public boolean isRunning() {
            return running;
        }
    }
}
