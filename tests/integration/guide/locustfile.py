from locust import HttpUser, task, between

class NotificationUser(HttpUser):
    wait_time = between(1, 3)

    def on_start(self):
        # 로그인
        response = self.client.post("/api/user/login", json={
            "username": "test",
            "password": "test"
        })
        self.token = response.json()["access_token"]

    @task
    def poll_notifications(self):
        self.client.get(
            "/api/notification/list",
            headers={"Authorization": f"Bearer {self.token}"}
        )
