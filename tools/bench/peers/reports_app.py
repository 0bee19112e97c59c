"""The way of the reports that this project grew from: Flask's development server, the whole canvas resized to
28x28, `model.predict`, and a new connection to Cassandra for each record."""

import base64
import os
import uuid
from datetime import datetime

import cv2
import keras
import numpy as np
from cassandra.cluster import Cluster
from flask import Flask, request

from backend.records.cassandra.url import CassandraUrl
from backend.settings import TOP

model = keras.models.model_from_json((TOP / "model_mnist.json").read_text())
model.load_weights(TOP / "model_mnist.h5")
app = Flask(__name__)

HOSTS = CassandraUrl.parse(os.environ["CASSANDRA"]).hosts
KEYSPACE = "CREATE KEYSPACE IF NOT EXISTS bench WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}"
TABLE = "CREATE TABLE IF NOT EXISTS tools.bench.mnist (id uuid PRIMARY KEY, at timestamp, result text)"


@app.post("/predict")
def predict() -> str:
    picture = cv2.imdecode(np.frombuffer(base64.b64decode(request.get_data().split(b",")[1]), np.uint8), 0)
    assert picture is not None
    seen = cv2.resize(255 - picture, (28, 28)).reshape(1, 28, 28, 1) / np.float32(255)
    result = str(int(model.predict(seen, verbose=0)[0][:10].argmax()))
    cluster = Cluster(HOSTS)
    session = cluster.connect("bench")
    session.execute("INSERT INTO mnist (id, at, result) VALUES (%s, %s, %s)", (uuid.uuid4(), datetime.now(), result))
    cluster.shutdown()
    return result


if __name__ == "__main__":
    cluster = Cluster(HOSTS)
    session = cluster.connect()
    session.execute(KEYSPACE)
    session.execute(TABLE)
    cluster.shutdown()
    app.run(host="127.0.0.1", port=int(os.environ["PORT"]))
