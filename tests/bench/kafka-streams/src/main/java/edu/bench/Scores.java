package edu.bench;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.apache.kafka.streams.state.Stores;

/**
 * Kafka Streams counts the log of scores: count, sum, sum of squares and 101 bins for each school,
 * grade, subject, term and kind, with a check of the sequence of each partition.
 *
 * <p>One thread, a store in memory behind its cache, its changelog in Kafka, at least once: a kill
 * may count a record twice. It reads from standard input what to do, writes what it counted into a
 * file and prints how long it took, as JSON.
 */
public final class Scores {
  private static final int BINS = 101;
  private static final String STORE = "cells";
  private static final JsonFactory JSON = new JsonFactory();

  private static long wanted;
  private static long taken;
  private static long broken;
  private static long began;
  private static long half;
  private static volatile long ended;
  private static Set<String> byComment = new HashSet<>();
  private static final Map<Integer, Long> LAST = new HashMap<>();
  private static final CountDownLatch DONE = new CountDownLatch(1);

  private Scores() {}

  public static void main(String[] arguments) throws Exception {
    ObjectMapper mapper = new ObjectMapper();
    JsonNode asked = mapper.readTree(System.in);
    wanted = asked.get("records").asLong();
    asked.get("by_comment").forEach(one -> byComment.add(one.asText()));
    asked.get("begin").fields().forEachRemaining(
        one -> LAST.put(Integer.valueOf(one.getKey()), one.getValue().asLong()));
    Path state = Files.createTempDirectory("edu-bench-streams");

    Properties settings = new Properties();
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, asked.get("group").asText());
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, asked.get("bootstrap").asText());
    settings.put(StreamsConfig.STATE_DIR_CONFIG, state.toString());
    settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
    settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");

    Topology topology = new Topology();
    topology.addSource(
        "log", Serdes.ByteArray().deserializer(), Serdes.ByteArray().deserializer(),
        asked.get("topic").asText());
    topology.addProcessor("fold", Fold::new, "log");
    topology.addStateStore(
        Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore(STORE), Serdes.String(), cells())
            .withCachingEnabled(),
        "fold");

    try (KafkaStreams streams = new KafkaStreams(topology, settings)) {
      streams.setUncaughtExceptionHandler(
          error -> {
            error.printStackTrace();
            Runtime.getRuntime().halt(1);
            return null;
          });
      streams.start();
      DONE.await();
      try (var out = new PrintWriter(asked.get("out").asText(), "UTF-8");
          var all =
              streams
                  .store(
                      StoreQueryParameters.fromNameAndType(
                          STORE, QueryableStoreTypes.<String, long[]>keyValueStore()))
                  .all()) {
        while (all.hasNext()) {
          var one = all.next();
          out.println(
              mapper.writeValueAsString(new Object[] {one.key.split("\\|"), one.value}));
        }
      }
    }
    System.out.printf(
        "{\"seconds\": %d.%09d, \"half\": %d.%09d, \"broken\": %d}%n",
        (ended - began) / 1_000_000_000, (ended - began) % 1_000_000_000,
        (ended - half) / 1_000_000_000, (ended - half) % 1_000_000_000, broken);
  }

  /** The fields of a document that are counted. */
  private static final class Save {
    long sequence;
    String school;
    String grade;
    String subject;
    String term;
    String kind;
    int[] after = new int[64];
    int afterSize;
    int[] before = new int[64];
    int beforeSize;

    void read(byte[] document) throws IOException {
      afterSize = 0;
      beforeSize = 0;
      try (JsonParser parser = JSON.createParser(document)) {
        parser.nextToken();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
          String name = parser.currentName();
          parser.nextToken();
          if (name.equals("sequence")) {
            sequence = Long.parseLong(parser.getText());
          } else if (name.equals("data")) {
            readData(parser);
          } else {
            parser.skipChildren();
          }
        }
      }
    }

    private void readData(JsonParser parser) throws IOException {
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        switch (name) {
          case "school_id" -> school = parser.getText();
          case "grade" -> grade = parser.getText();
          case "subject" -> subject = parser.getText();
          case "term" -> term = parser.getText();
          case "kind" -> kind = parser.getText();
          case "after" -> {
            while (parser.nextToken() != JsonToken.END_ARRAY) {
              if (parser.currentToken() != JsonToken.VALUE_NULL) {
                after = grown(after, afterSize);
                after[afterSize++] = parser.getIntValue();
              }
            }
          }
          case "before" -> {
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
              boolean values = parser.currentName().equals("value");
              parser.nextToken();
              while (parser.nextToken() != JsonToken.END_ARRAY) {
                if (values) {
                  before = grown(before, beforeSize);
                  before[beforeSize++] = parser.getIntValue();
                }
              }
            }
          }
          default -> parser.skipChildren();
        }
      }
    }

    private static int[] grown(int[] values, int size) {
      return size < values.length ? values : Arrays.copyOf(values, size * 2);
    }
  }

  private static final class Fold implements Processor<byte[], byte[], Void, Void> {
    private final Save save = new Save();
    private ProcessorContext<Void, Void> context;
    private KeyValueStore<String, long[]> store;

    @Override
    public void init(ProcessorContext<Void, Void> given) {
      context = given;
      store = given.getStateStore(STORE);
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
      if (began == 0) {
        began = System.nanoTime();
      }
      try {
        save.read(record.value());
      } catch (IOException error) {
        throw new UncheckedIOException(error);
      }
      int lane = context.recordMetadata().orElseThrow().partition();
      long last = LAST.get(lane);
      if (save.sequence != last + 1) {
        broken++;
      }
      if (save.sequence > last) {
        LAST.put(lane, save.sequence);
        count();
      }
      taken++;
      if (half == 0 && taken * 2 >= wanted) {
        half = System.nanoTime();
      }
      if (taken == wanted) {
        ended = System.nanoTime();
        DONE.countDown();
      }
    }

    private void count() {
      String key =
          save.school + '|' + save.grade + '|' + save.subject + '|' + save.term + '|' + save.kind;
      long[] cells = store.get(key);
      if (cells == null) {
        cells = new long[3 + BINS];
      }
      int width = byComment.contains(save.subject) ? 1 : 10;
      for (int at = 0; at < save.afterSize; at++) {
        add(cells, save.after[at], width, 1);
      }
      for (int at = 0; at < save.beforeSize; at++) {
        add(cells, save.before[at], width, -1);
      }
      store.put(key, cells);
    }

    private static void add(long[] cells, long value, int width, int sign) {
      cells[0] += sign;
      cells[1] += sign * value;
      cells[2] += sign * value * value;
      cells[3 + (int) (value / width)] += sign;
    }
  }

  private static Serde<long[]> cells() {
    Serializer<long[]> serializer =
        (topic, values) -> {
          ByteBuffer buffer = ByteBuffer.allocate(values.length * Long.BYTES);
          buffer.asLongBuffer().put(values);
          return buffer.array();
        };
    Deserializer<long[]> deserializer =
        (topic, bytes) -> {
          if (bytes == null) {
            return null;
          }
          long[] values = new long[bytes.length / Long.BYTES];
          ByteBuffer.wrap(bytes).asLongBuffer().get(values);
          return values;
        };
    return Serdes.serdeFrom(serializer, deserializer);
  }
}
