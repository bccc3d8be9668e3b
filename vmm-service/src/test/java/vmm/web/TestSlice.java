package vmm.web;

import jakarta.persistence.OptimisticLockException;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.validation.Valid;
import jakarta.validation.constraints.Min;
import jakarta.validation.constraints.NotNull;
import jakarta.validation.constraints.Size;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.data.jpa.autoconfigure.DataJpaRepositoriesAutoConfiguration;
import org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration;
import org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.quartz.autoconfigure.QuartzAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ComponentScan;
import org.springframework.context.annotation.ComponentScan.Filter;
import org.springframework.context.annotation.FilterType;
import org.springframework.context.annotation.Import;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.orm.ObjectOptimisticLockingFailureException;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

import tools.jackson.databind.JsonNode;

import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;

/** The web layer alone, with a few controllers that do what controllers do. */
final class TestSlice {

    private TestSlice() {}

    @EnableAutoConfiguration(
            exclude = {
                DataSourceAutoConfiguration.class,
                HibernateJpaAutoConfiguration.class,
                DataJpaRepositoriesAutoConfiguration.class,
                FlywayAutoConfiguration.class,
                QuartzAutoConfiguration.class
            })
    @ComponentScan(
            basePackages = "vmm.web",
            excludeFilters = @Filter(type = FilterType.REGEX, pattern = "vmm\\.web\\..*Test.*"))
    @Import(Pools.class)
    static class App {
        @Bean
        SecurityFilterChain everythingIsOpen(HttpSecurity http) throws Exception {
            return http.csrf(csrf -> csrf.disable()).build();
        }
    }

    enum Kind {
        RED,
        BLUE
    }

    record Part(@NotNull String cloud) {}

    record Pool(
            @NotNull @Size(max = 10) String name,
            @Min(0) Integer size,
            Long most,
            Boolean on,
            Kind kind,
            Duration lease,
            Instant from,
            ZoneId zone,
            UUID id,
            List<@Valid Part> parts,
            Map<String, String> labels,
            Spot spot,
            JsonNode patch) {}

    record Spot(int x) {}

    @RestController
    static class Pools {

        @PostMapping("/test/pools")
        Pool create(@Valid @RequestBody Pool pool) {
            return pool;
        }

        @GetMapping(value = "/test/list", produces = "application/json")
        Page<Integer> list(
                @RequestParam(defaultValue = Limit.DEFAULT) Limit limit,
                @RequestParam(required = false) @Nullable Cursor cursor) {
            int after = cursor == null ? -1 : cursor.ofSize(2).value(1, Integer::parseInt);
            List<Integer> rows =
                    Stream.of(0, 1, 2, 3).filter(n -> n > after).limit(limit.plusOne()).toList();
            return Page.of(rows, limit, last -> Cursor.at("Ä,\n", last));
        }

        @GetMapping("/test/parameter")
        int parameter(
                @RequestParam @Min(1) int count,
                @RequestParam(required = false) Kind kind,
                @RequestParam(required = false) String text) {
            return count;
        }

        @GetMapping("/test/by-id/{id}")
        UUID byId(@PathVariable UUID id) {
            return id;
        }

        @GetMapping("/test/by-name/{name}")
        String byName(@PathVariable String name) {
            return name;
        }

        @GetMapping("/test/match")
        void match(@RequestHeader(name = "If-Match", required = false) String ifMatch) {
            IfMatch.of(ifMatch).require(7);
        }

        @GetMapping(value = "/test/csv", produces = "text/csv")
        String csv() {
            throw Problem.notFound("report");
        }

        @GetMapping(value = "/test/stream", produces = "text/event-stream")
        String stream() {
            throw Problem.notFound("stream");
        }

        @GetMapping("/test/half-written")
        void halfWritten(HttpServletResponse response) throws IOException {
            response.setHeader("Content-Disposition", "attachment");
            response.setHeader("ETag", "\"1\"");
            response.setContentType("text/csv");
            response.getWriter().write("day,typ");
            throw new IllegalStateException("half");
        }

        @GetMapping("/test/throws/{what}")
        void fail(@PathVariable String what) {
            throw switch (what) {
                case "unprocessable" ->
                        Problem.unprocessable("poolSize", "must be at most maxSize (30)");
                case "locked" -> new ObjectOptimisticLockingFailureException(Pool.class, 1);
                case "jpa-locked" -> new OptimisticLockException();
                case "integrity" ->
                        new DataIntegrityViolationException(
                                "duplicate key", new SQLException("", "23505"));
                case "too-long" ->
                        new DataIntegrityViolationException(
                                "too long", new SQLException("", "22001"));
                case "timeout" -> new QueryTimeoutException("slow");
                case "exhausted" ->
                        Problem.poolExhausted("Nothing is ready; wait.", Duration.ofMillis(1500));
                case "gone" -> Problem.of(ProblemType.GONE, "The VM is going.");
                default -> new IllegalStateException("a secret");
            };
        }
    }
}
