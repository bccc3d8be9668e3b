package vmm.fleet;

import java.math.BigDecimal;
import java.util.Map;

/**
 * What an operator says that flavors of a cloud cost.
 *
 * @param currency three letters (ISO 4217), such as {@code GBP}
 * @param perHour by flavor, of one VM for an hour, not negative
 */
public record Prices(String currency, Map<String, BigDecimal> perHour) {

    public Prices {
        perHour = Map.copyOf(perHour);
    }
}
