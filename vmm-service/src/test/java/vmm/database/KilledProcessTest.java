package vmm.database;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.context.annotation.Import;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

@Timeout(120)
class KilledProcessTest {

    @TempDir Path directory;

    @Test
    void aKilledVmmLeavesAServerThatTheNextStartTakesOver() throws Exception {
        for (int round = 1; round <= 3; round++) {
            Process vmm = start("row " + round);
            awaitLine(vmm.inputReader(), "serving");
            vmm.destroyForcibly().waitFor();
            assertThat(leftover().runs()).isTrue();
        }
        try (var postgres = EmbeddedPostgres.start(directory)) {
            assertThat(EmbeddedPostgresTest.rows(postgres)).isEqualTo("row 1,row 2,row 3");
        }
        assertThat(leftover().runs()).isFalse();
    }

    @Test
    void aTerminatedVmmStopsItsServerInTime() throws Exception {
        Process vmm = start("row");
        awaitLine(vmm.inputReader(), "serving");

        vmm.destroy();

        assertThat(vmm.waitFor(15, TimeUnit.SECONDS)).isTrue();
        assertThat(leftover().runs()).isFalse();
    }

    @Test
    void aSecondVmmEndsWithOneClearLine() throws Exception {
        Process first = start("first");
        awaitLine(first.inputReader(), "serving");
        try {
            Process second = start("second");
            List<String> said = second.inputReader().readAllLines();

            assertThat(second.waitFor()).isEqualTo(1);
            assertThat(said).noneMatch(line -> line.startsWith("\tat "));
            assertThat(said.getLast())
                    .endsWith(
                            "VMM does not start: data directory %s is in use by another VMM (process %d)"
                                    .formatted(directory, first.pid()));
            assertThat(first.isAlive()).isTrue();
        } finally {
            first.destroy();
            first.waitFor();
        }
    }

    /**
     * A service of nothing but its database: writes a row, says so, and goes on until it is ended.
     */
    @Import({DatabaseConfiguration.class, ClockConfiguration.class, SimpleMeterRegistry.class})
    @ImportAutoConfiguration(DataSourceAutoConfiguration.class)
    static class OneRow {

        static void main(String[] arguments) throws Exception {
            var context = SpringApplication.run(OneRow.class);
            EmbeddedPostgresTest.insert(context.getBean(EmbeddedPostgres.class), arguments[0]);
            System.out.println("serving");
            Thread.currentThread().join(Duration.ofMinutes(2));
        }
    }

    private LeftoverServer leftover() {
        return new LeftoverServer(directory.resolve("postgresql"));
    }

    private Process start(String row) throws IOException {
        var builder =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx128m",
                                "-XX:TieredStopAtLevel=1",
                                "-cp",
                                System.getProperty(
                                        "surefire.test.class.path",
                                        System.getProperty("java.class.path")),
                                "-Dvmm.data-dir=" + directory,
                                "-Dspring.main.web-application-type=none",
                                "-Dspring.main.banner-mode=off",
                                OneRow.class.getName(),
                                row)
                        .redirectErrorStream(true);
        return builder.start();
    }

    private static void awaitLine(BufferedReader output, String wanted) throws IOException {
        var said = new StringBuilder();
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            if (line.equals(wanted)) {
                return;
            }
            said.append(line).append('\n');
        }
        throw new AssertionError("ended without saying '" + wanted + "':\n" + said);
    }
}
