package vmm.database;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;
import org.springframework.core.type.AnnotatedTypeMetadata;
import org.springframework.util.StringUtils;

import java.nio.file.Path;
import java.time.InstantSource;

import javax.sql.DataSource;

/** The database of the service: the configured one, else a PostgreSQL of its own. */
@Configuration(proxyBeanMethods = false)
class DatabaseConfiguration {

    /** Lazy: a context that brings its own DataSource starts no server. */
    @Bean
    @Lazy
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
