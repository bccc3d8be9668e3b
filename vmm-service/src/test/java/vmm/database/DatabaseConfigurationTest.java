package vmm.database;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import java.nio.file.Path;
import java.time.InstantSource;

import javax.sql.DataSource;

class DatabaseConfigurationTest {

    @TempDir Path directory;

    private final ApplicationContextRunner runner =
            new ApplicationContextRunner()
                    .withUserConfiguration(DatabaseConfiguration.class, ClockConfiguration.class)
                    .withBean(SimpleMeterRegistry.class)
                    .withConfiguration(AutoConfigurations.of(DataSourceAutoConfiguration.class));

    @Test
    void withoutADatabaseOneIsStartedAndStoppedWithTheContext() throws Exception {
        runner.withPropertyValues("vmm.data-dir=" + directory)
                .run(
                        context -> {
                            assertThat(context).hasNotFailed();
                            try (var connection =
                                    context.getBean(DataSource.class).getConnection()) {
                                assertThat(connection.getMetaData().getURL())
                                        .isEqualTo(
                                                context.getBean(EmbeddedPostgres.class).jdbcUrl());
                            }
                            assertThat(
                                            context.getBean(DatabaseClockHealth.class)
                                                    .health()
                                                    .getStatus())
                                    .isEqualTo(Status.UP);
                            assertThat(context.getBean(InstantSource.class)).isNotNull();
                        });
        assertThat(new LeftoverServer(directory.resolve("postgresql")).runs()).isFalse();
        DataDirectory.hold(directory).close();
    }

    @Test
    void aConfiguredDatabaseIsUsedInstead() {
        try (var database = TestDatabase.empty()) {
            var properties =
                    database.properties().entrySet().stream()
                            .map(property -> property.getKey() + "=" + property.getValue())
                            .toArray(String[]::new);
            runner.withPropertyValues("vmm.data-dir=" + directory)
                    .withPropertyValues(properties)
                    .run(
                            context -> {
                                assertThat(context).doesNotHaveBean(EmbeddedPostgres.class);
                                assertThat(
                                                context.getBean(DatabaseClockHealth.class)
                                                        .health()
                                                        .getStatus())
                                        .isEqualTo(Status.UP);
                            });
        }
        assertThat(directory).isEmptyDirectory();
    }
}
