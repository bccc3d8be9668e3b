package vmm.database;

import com.zaxxer.hikari.HikariDataSource;

import io.micrometer.core.instrument.MeterRegistry;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.jdbc.autoconfigure.DataSourceProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.type.AnnotatedTypeMetadata;
import org.springframework.util.StringUtils;

import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;

import javax.sql.DataSource;

/** The database of the service: the configured one, else a PostgreSQL of its own. */
@Configuration(proxyBeanMethods = false)
class DatabaseConfiguration {
    /** More would only wait for one another on the few cores that PostgreSQL has. */
    private static final int REQUEST_CONNECTIONS = 16;

    /** Passes, simulated clouds, ticks and the bell. */
    private static final int WORK_CONNECTIONS = 12;

    /** A burst waits its turn, and with the database away a request hears so soon. */
    private static final Duration REQUEST_PATIENCE = Duration.ofSeconds(8);

    private static final Duration WORK_PATIENCE = Duration.ofSeconds(30);

    @Bean(destroyMethod = "close")
    DataSource connections(
            DataSourceProperties properties,
            ObjectProvider<EmbeddedPostgres> embedded,
            MeterRegistry meters) {
        return new TwoPools(
                pool(
                        "requests",
                        REQUEST_CONNECTIONS,
                        REQUEST_PATIENCE,
                        properties,
                        embedded,
                        meters),
                pool("work", WORK_CONNECTIONS, WORK_PATIENCE, properties, embedded, meters));
    }

    private static HikariDataSource pool(
            String name,
            int connections,
            Duration patience,
            DataSourceProperties properties,
            ObjectProvider<EmbeddedPostgres> embedded,
            MeterRegistry meters) {
        var pool = new HikariDataSource();
        var own = embedded.getIfAvailable();
        pool.setJdbcUrl(own == null ? properties.determineUrl() : own.jdbcUrl());
        pool.setUsername(own == null ? properties.determineUsername() : own.username());
        pool.setPassword(own == null ? properties.determinePassword() : own.password());
        pool.setPoolName(name);
        pool.setMaximumPoolSize(connections);
        pool.setConnectionTimeout(patience.toMillis());
        pool.setMetricRegistry(meters);
        return pool;
    }

    @Bean
    @Conditional(NoDatabaseConfigured.class)
    EmbeddedPostgres embeddedPostgres(@Value("${vmm.data-dir:data}") String directory) {
        return EmbeddedPostgres.start(Path.of(directory));
    }

    @Bean
    DatabaseClockHealth databaseClock(DataSource database, InstantSource clock) {
        return new DatabaseClockHealth(database, clock);
    }

    static class NoDatabaseConfigured implements Condition {

        @Override
        public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
            return !StringUtils.hasText(
                    context.getEnvironment().getProperty("spring.datasource.url"));
        }
    }
}
