package vmm.web;

import org.springframework.boot.jackson.autoconfigure.JsonMapperBuilderCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JacksonModule;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.cfg.DateTimeFeature;
import tools.jackson.databind.cfg.EnumFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;
import tools.jackson.databind.node.ObjectNode;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;

/**
 * How we read and write JSON: strictly, so that a slip of the pen is an error and not a default.
 * Nothing is coerced, nothing unknown is skipped, no key comes twice; times are RFC 3339 in UTC and
 * durations ISO 8601.
 */
@Configuration(proxyBeanMethods = false)
class JsonConfiguration {

    @Bean
    JsonMapperBuilderCustomizer strictJson() {
        return JsonConfiguration::strict;
    }

    static void strict(JsonMapper.Builder json) {
        json.enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .enable(
                        DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES,
                        DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES,
                        DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
                .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
                .disable(
                        MapperFeature.ALLOW_COERCION_OF_SCALARS,
                        MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
                .enable(EnumFeature.FAIL_ON_NUMBERS_FOR_ENUMS)
                .disable(
                        DateTimeFeature.WRITE_DATES_AS_TIMESTAMPS,
                        DateTimeFeature.WRITE_DURATIONS_AS_TIMESTAMPS)
                .addModule(strictValues());
    }

    private static JacksonModule strictValues() {
        return new SimpleModule("vmm")
                .addDeserializer(String.class, new StrictText<>(String.class, "text", text -> text))
                .addDeserializer(
                        Duration.class,
                        new StrictText<>(
                                Duration.class,
                                "an ISO 8601 duration such as PT12H",
                                Duration::parse))
                .addDeserializer(
                        Instant.class,
                        new StrictText<>(
                                Instant.class,
                                "an RFC 3339 time such as 2026-11-02T07:30:00Z",
                                JsonConfiguration::instant))
                .addDeserializer(
                        ZoneId.class,
                        new StrictText<>(
                                ZoneId.class,
                                "an IANA time zone such as Europe/London",
                                JsonConfiguration::zone))
                .addKeyDeserializer(String.class, new StrictText.Key())
                .addDeserializer(JsonNode.class, new StrictText.Tree<>(JsonNode.class))
                .addDeserializer(ObjectNode.class, new StrictText.Tree<>(ObjectNode.class));
    }

    private static Instant instant(String text) {
        OffsetDateTime time = OffsetDateTime.parse(text);
        int year = time.withOffsetSameInstant(ZoneOffset.UTC).getYear();
        if (year < 1 || year > 9999) {
            throw new DateTimeException("RFC 3339 has years of four digits");
        }
        return time.toInstant();
    }

    private static ZoneId zone(String text) {
        if (!ZoneId.getAvailableZoneIds().contains(text)) {
            throw new DateTimeException("no such zone");
        }
        return ZoneId.of(text);
    }
}
