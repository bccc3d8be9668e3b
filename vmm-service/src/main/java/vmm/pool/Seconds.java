package vmm.pool;

import jakarta.persistence.AttributeConverter;
import jakarta.persistence.Converter;

import org.jspecify.annotations.Nullable;

import java.time.Duration;

/** Durations as their columns hold them: whole seconds. */
@Converter
public final class Seconds implements AttributeConverter<Duration, Long> {

    @Override
    public @Nullable Long convertToDatabaseColumn(@Nullable Duration duration) {
        return duration == null ? null : duration.toSeconds();
    }

    @Override
    public @Nullable Duration convertToEntityAttribute(@Nullable Long seconds) {
        return seconds == null ? null : Duration.ofSeconds(seconds);
    }
}
