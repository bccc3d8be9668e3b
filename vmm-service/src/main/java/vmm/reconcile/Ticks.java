package vmm.reconcile;

import org.flywaydb.core.api.MigrationVersion;
import org.flywaydb.core.api.migration.Context;
import org.flywaydb.core.api.migration.JavaMigration;
import org.quartz.DisallowConcurrentExecution;
import org.quartz.Job;
import org.quartz.JobBuilder;
import org.quartz.JobExecutionContext;
import org.quartz.JobExecutionException;
import org.quartz.JobKey;
import org.quartz.Scheduler;
import org.quartz.SchedulerException;
import org.quartz.SimpleScheduleBuilder;
import org.quartz.TriggerBuilder;
import org.springframework.boot.quartz.autoconfigure.SchedulerFactoryBeanCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.ClassPathResource;
import org.springframework.jdbc.datasource.init.ResourceDatabasePopulator;

import vmm.event.LoopKind;

import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;

/**
 * The ticks: Quartz, clustered on the database, starts each kind of loop at its interval on one of
 * the replicas, and does nothing else. A tick that is missed repairs itself with the next.
 */
@Configuration(proxyBeanMethods = false)
class Ticks {
    private static final Map<LoopKind, Duration> INTERVALS =
            new EnumMap<>(
                    Map.of(
                            LoopKind.GRANT, Duration.ofSeconds(1),
                            LoopKind.LIFECYCLE, Duration.ofSeconds(1),
                            LoopKind.PUBLISH, Duration.ofSeconds(1),
                            LoopKind.REFILL, Duration.ofSeconds(5),
                            LoopKind.RECLAIM, Duration.ofSeconds(5),
                            LoopKind.ORPHAN, Duration.ofSeconds(60),
                            LoopKind.HOUSEKEEPING, Duration.ofMinutes(10)));

    static Duration interval(LoopKind kind) {
        return Objects.requireNonNull(INTERVALS.get(kind));
    }

    /** Makes the triggers, or changes those of an older version to today's intervals. */
    static void schedule(Scheduler scheduler) throws SchedulerException {
        for (var entry : INTERVALS.entrySet()) {
            String name = entry.getKey().name();
            var job =
                    JobBuilder.newJob(Tick.class).withIdentity(name, "vmm").storeDurably().build();
            var trigger =
                    TriggerBuilder.newTrigger()
                            .withIdentity(name, "vmm")
                            .forJob(JobKey.jobKey(name, "vmm"))
                            .withSchedule(
                                    SimpleScheduleBuilder.simpleSchedule()
                                            .withIntervalInMilliseconds(entry.getValue().toMillis())
                                            .repeatForever()
                                            .withMisfireHandlingInstructionNextWithRemainingCount())
                            .build();
            scheduler.scheduleJob(job, java.util.Set.of(trigger), true);
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

    /** One tick of one kind of loop. */
    @DisallowConcurrentExecution
    static final class Tick implements Job {
        private final Loops loops;

        Tick(Loops loops) {
            this.loops = loops;
        }

        @Override
        public void execute(JobExecutionContext context) throws JobExecutionException {
            try {
                loops.tick(LoopKind.valueOf(context.getJobDetail().getKey().getName()));
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
