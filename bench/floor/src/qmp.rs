//! QEMU's control socket.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::UnixStream;

use crate::Failure;

pub struct Qmp {
    lines: Lines<BufReader<OwnedReadHalf>>,
    writer: OwnedWriteHalf,
    events: Vec<Value>,
}

impl Qmp {
    /// Returns when QEMU has sent its greeting, which means that the machine exists.
    pub async fn connect(path: &Path) -> Result<Self, Failure> {
        let (reader, writer) = UnixStream::connect(path).await?.into_split();
        let mut qmp = Self {
            lines: BufReader::new(reader).lines(),
            writer,
            events: Vec::new(),
        };
        qmp.next().await?;
        qmp.execute(r#"{"execute":"qmp_capabilities"}"#).await?;
        Ok(qmp)
    }

    /// Sends the command and returns QEMU's answer; events in between are kept.
    pub async fn execute(&mut self, command: &str) -> Result<Value, Failure> {
        self.writer.write_all(command.as_bytes()).await?;
        loop {
            let message = self.next().await?;
            if message.get("event").is_some() {
                self.events.push(message);
            } else if let Some(answer) = message.get("return") {
                return Ok(answer.clone());
            } else {
                return Err(format!("{command}: {message}").into());
            }
        }
    }

    /// Returns the first event, kept or new, that meets the condition.
    pub async fn event(&mut self, holds: impl Fn(&Value) -> bool) -> Result<Value, Failure> {
        while !self.events.is_empty() {
            let event = self.events.remove(0);
            if holds(&event) {
                return Ok(event);
            }
        }
        loop {
            let message = self.next().await?;
            if message.get("event").is_some() && holds(&message) {
                return Ok(message);
            }
        }
    }

    /// Waits until the guest has noticed that its channel was closed, which must have happened just now. With an open connection
    /// in its memory a saved guest would not answer when it is restored. The agent closes the port and opens it again, which
    /// causes events. QEMU may merge events within a second into the last one, so only their time of origin is evaluated.
    pub async fn hung_up(&mut self) -> Result<(), Failure> {
        let closed = SystemTime::now().duration_since(UNIX_EPOCH)?.as_micros();
        self.event(|event| event["event"] == "VSERPORT_CHANGE" && origin_micros(event) >= closed)
            .await
            .map(drop)
    }

    /// Enables events on both sides, so that no polling is needed.
    pub async fn prepare_migration(&mut self) -> Result<(), Failure> {
        self.execute(
            r#"{"execute":"migrate-set-capabilities","arguments":{"capabilities":[{"capability":"x-ignore-shared","state":true},{"capability":"events","state":true}]}}"#,
        )
        .await?;
        Ok(())
    }

    /// Loads the state of the devices, and lets the machine run.
    pub async fn load(&mut self, state: &Path) -> Result<(), Failure> {
        self.prepare_migration().await?;
        self.execute(&format!(
            r#"{{"execute":"migrate-incoming","arguments":{{"uri":"file:{}"}}}}"#,
            state.display()
        ))
        .await?;
        self.migrated().await?;
        self.execute(r#"{"execute":"cont"}"#).await?;
        Ok(())
    }

    pub async fn migrated(&mut self) -> Result<(), Failure> {
        let event = self
            .event(|event| {
                event["event"] == "MIGRATION"
                    && matches!(
                        event["data"]["status"].as_str(),
                        Some("completed" | "failed")
                    )
            })
            .await?;
        match event["data"]["status"] == "completed" {
            true => Ok(()),
            false => Err("the migration failed".into()),
        }
    }

    /// Returns the output of the guest on its serial console.
    pub async fn console(&mut self) -> Result<String, Failure> {
        let answer = self
            .execute(r#"{"execute":"ringbuf-read","arguments":{"device":"console","size":65536}}"#)
            .await?;
        Ok(answer.as_str().unwrap_or_default().to_owned())
    }

    async fn next(&mut self) -> Result<Value, Failure> {
        let line = self
            .lines
            .next_line()
            .await?
            .ok_or("QEMU has closed its control socket")?;
        Ok(serde_json::from_str(&line)?)
    }
}

fn origin_micros(event: &Value) -> u128 {
    let part = |name: &str| u128::from(event["timestamp"][name].as_u64().unwrap_or(0));
    part("seconds") * 1_000_000 + part("microseconds")
}
