package vmm.reconcile;

import org.flywaydb.core.api.MigrationVersion;
import org.flywaydb.core.api.migration.Context;
import org.flywaydb.core.api.migration.JavaMigration;
import org.quartz.DisallowConcurrentExecution;
import org.quartz.Job;
import org.quartz.JobBuilder;
import org.quartz.JobExecutionContext;
import org.quartz.JobExecutionException;
import org.quartz.Scheduler;
import org.quartz.SchedulerException;
import org.quartz.SimpleScheduleBuilder;
import org.quartz.TriggerBuilder;
import org.quartz.impl.matchers.GroupMatcher;
import org.springframework.boot.quartz.autoconfigure.SchedulerFactoryBeanCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;

import vmm.event.LoopKind;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;

/**
 * The ticks: Quartz, clustered on the database, starts each kind of loop at its interval on one of
 * the replicas, and does nothing else. A tick that is missed repairs itself with the next.
 */
@Configuration(proxyBeanMethods = false)
class Ticks {
    private static final String GROUP = "vmm";

    /** One trigger for each interval: what the database does for a trigger is most of a tick. */
    private static final Map<Duration, List<LoopKind>> INTERVALS =
            Map.of(
                    Duration.ofSeconds(1),
                            List.of(LoopKind.LIFECYCLE, LoopKind.GRANT, LoopKind.PUBLISH),
                    Duration.ofSeconds(5),
                            List.of(LoopKind.REFILL, LoopKind.RECLAIM, LoopKind.HEALTH),
                    Duration.ofSeconds(60), List.of(LoopKind.ORPHAN),
                    Duration.ofMinutes(10), List.of(LoopKind.HOUSEKEEPING));

    static Duration interval(LoopKind kind) {
        return INTERVALS.entrySet().stream()
                .filter(entry -> entry.getValue().contains(kind))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElseThrow();
    }

    /** Makes the triggers, and removes those of an older version. */
    static void schedule(Scheduler scheduler) throws SchedulerException {
        var names = INTERVALS.keySet().stream().map(Duration::toString).toList();
        for (var job : scheduler.getJobKeys(GroupMatcher.jobGroupEquals(GROUP))) {
            if (!names.contains(job.getName())) scheduler.deleteJob(job);
        }
        for (var interval : INTERVALS.keySet()) {
            String name = interval.toString();
            var job =
                    JobBuilder.newJob(Tick.class).withIdentity(name, GROUP).storeDurably().build();
            var trigger =
                    TriggerBuilder.newTrigger()
                            .withIdentity(name, GROUP)
                            .forJob(job)
                            .withSchedule(
                                    SimpleScheduleBuilder.simpleSchedule()
                                            .withIntervalInMilliseconds(interval.toMillis())
                                            .repeatForever()
                                            .withMisfireHandlingInstructionNextWithRemainingCount())
                            .build();
            scheduler.scheduleJob(job, Set.of(trigger), true);
        }
    }

    @Bean
    SchedulerFactoryBeanCustomizer clusteredQuartz() {
        return factory -> {
            var quartz = new Properties();
            quartz.setProperty("org.quartz.scheduler.instanceName", "vmm");
            quartz.setProperty("org.quartz.scheduler.instanceId", "AUTO");
            quartz.setProperty("org.quartz.jobStore.isClustered", "true");
            quartz.setProperty(
                    "org.quartz.jobStore.driverDelegateClass",
                    "org.quartz.impl.jdbcjobstore.PostgreSQLDelegate");
            quartz.setProperty("org.quartz.jobStore.tablePrefix", "quartz.qrtz_");
            quartz.setProperty("org.quartz.jobStore.clusterCheckinInterval", "5000");
            quartz.setProperty("org.quartz.jobStore.misfireThreshold", "5000");
            quartz.setProperty("org.quartz.threadPool.threadCount", "4");
            factory.setQuartzProperties(quartz);
            factory.setAutoStartup(false);
            // Ticks are short; without waiting, its thread would go on with connections that are
            // closed.
            factory.setWaitForJobsToCompleteOnShutdown(true);
        };
    }

    /** Quartz's own tables, from the script in its jar, in a schema of their own. */
    @Bean
    JavaMigration quartzTables() {
        return new QuartzTables();
    }

    /** One tick of the loops of one interval. */
    @DisallowConcurrentExecution
    static final class Tick implements Job {
        private final Loops loops;

        Tick(Loops loops) {
            this.loops = loops;
        }

        @Override
        public void execute(JobExecutionContext context) throws JobExecutionException {
            try {
                var interval = Duration.parse(context.getJobDetail().getKey().getName());
                INTERVALS.getOrDefault(interval, List.of()).forEach(loops::tick);
            } catch (RuntimeException failure) {
                throw new JobExecutionException(failure);
            }
        }
    }

    private static final class QuartzTables implements JavaMigration {
        @Override
        public MigrationVersion getVersion() {
            return MigrationVersion.fromVersion("0.1");
        }

        @Override
        public String getDescription() {
            return "quartz";
        }

        @Override
        public Integer getChecksum() {
            return 1;
        }

        @Override
        public boolean canExecuteInTransaction() {
            return true;
        }

        @Override
        public void migrate(Context context) throws Exception {
            try (var statement = context.getConnection().createStatement()) {
                statement.execute("CREATE SCHEMA quartz");
                statement.execute("SET LOCAL search_path TO quartz");
            }
            var script =
                    new ResourceDatabasePopulator(
                            new ClassPathResource(
                                    "org/quartz/impl/jdbcjobstore/tables_postgres.sql"));
            script.populate(context.getConnection());
            try (var statement = context.getConnection().createStatement()) {
                statement.execute("SET LOCAL search_path TO public");
            }
        }
    }
}
